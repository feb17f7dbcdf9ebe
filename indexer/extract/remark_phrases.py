"""List phrases that publishing programs and editors write around articles, in the most frequent languages.

A phrase matches at the beginning of a block. None is the name of a site.
"""

from __future__ import annotations

import re
from typing import Final

MAX_REMARK_LETTERS: Final = 220  # in a block that can be a remark: longer ones are paragraphs that begin in the same way

# "Related: …", "READ MORE: …": a pointer to another page, set between two paragraphs.
_POINTERS = (
    r"(?:see|read|watch|learn|hear|find out|click|listen)(?: (?:more|also|next|now|this|here))+|also (?:read|see|watch|on)"
    r"|more (?:from|on|about|stories|news|like this)\b.{0,40}"
    r"|(?:don[’']?t|do not) miss|related(?: (?:post|stor(?:y|ies)|articles?|content|coverage|links?|topics?|news|reading"
    r"|videos?|posts))?|recommended(?: for you| reading)?|in (?:pictures|other news)"
    r"|you (?:may|might|could) (?:also )?(?:like|be interested in|enjoy)|must read|further reading|continue reading"
    r"|keep reading|previously|trending(?: now)?|most (?:read|popular|viewed)(?: in .{1,30})?"
    r"|read (?:the )?(?:full|original|next)(?: \w+)?|editor[’']?s (?:picks?|note on sources)|what to read next|up next"
    r"|watch(?: (?:live|below|video))?"
    r"|lesen sie (?:auch|mehr|dazu|hier)(?: \w+){0,3}|mehr (?:zum thema|dazu|lesen|aus|zu)|weiterlesen|auch interessant"
    r"|siehe auch|(?:das|dies|dieses thema|das thema) könnte (?:sie|dich|euch|dir|ihnen) (?:auch )?(?:interessieren|gefallen)"
    r"|lesetipp|zum thema|(?:ähnliche|weitere|verwandte) (?:artikel|beiträge|meldungen|nachrichten|news|themen)(?: zum thema)?"
    r"|schon gelesen\?|themen im artikel"
    r"|lire (?:aussi|la suite|également)|à lire(?: aussi| également)?|voir aussi|sur le même sujet|en savoir plus"
    r"|articles? (?:liés|similaires|connexes)|art[ií](?:culo|go)s relacionados|articoli correlati"
    r"|gerelateerde (?:artikelen|berichten)"
    r"|lea (?:también|además|más)|leer (?:más|también)|le(?:e|é) (?:también|más)|te puede interesar|ver también"
    r"|también te puede interesar|más información|noticias? relacionadas?|mira también"
    r"|leia (?:também|mais|ainda)|veja (?:também|mais|ainda)|saiba mais|confira (?:também|mais)|notícias relacionadas"
    r"|leggi anche(?: su)?|leggi (?:qui|di più)|potrebbe interessarti(?: anche)?|vedi anche|ti potrebbe interessare"
    r"|lees (?:ook|meer|verder)|zie ook|bekijk ook|läs (?:också|mer|även)|les også|læs også|lue myös|przeczytaj (?:także"
    r"|również|też)|czytaj (?:także|również|też|więcej)|zobacz (?:także|też|również)|čtěte (?:také|dále)|olvass tovább"
    r"|citește și|baca juga|lihat juga|ayrıca (?:bakınız|oku)|ilgili haberler|xem thêm"
    r"|читайте (?:также|ещё|еще)|читать (?:также|далее|ещё)|смотрите также|по теме|материалы по теме|читайте також"
    r"|прочетете още"
    r"|関連(?:記事|リンク|ニュース)|あわせて読みたい|こちらも|相关(?:阅读|新闻|文章)|延伸阅读|相關(?:新聞|文章)|延伸閱讀"
    r"|관련\s?(?:기사|뉴스)|اقرأ (?:أيضا|أيضاً|المزيد)"
    r"|إقرأ أيضا|بیشتر بخوانید|קראו (?:גם|עוד)|อ่านเพิ่มเติม|ข่าวที่เกี่ยวข้อง|यह भी पढ़ें"
)
POINTER: Final = re.compile(rf"^\W*(?:{_POINTERS})\s*(?:[:：>»|–—…]|\.\.\.|$|\n)", re.I)
# The same as the whole heading of a section: everything that follows it in its box belongs to the section.
SECTION: Final = re.compile(
    rf"^\W*(?:{_POINTERS}"
    r"|(?:leave|post|add|write) (?:a |your |us a )?(?:comment|reply)|(?:\d+ (?:response|reaction)|(?:\d+ )?(?:comments?"
    r"|repl(?:y|ies)|responses|reactions|thoughts on .{0,120}))(?: \(?\d+\)?)?|join the (?:conversation|discussion).{0,10}"
    r"|share (?:this|via|on|now|it).{0,40}|share|about the authors?|about .{0,30}author|follow us.{0,40}|tags|top stories"
    r"|latest (?:news|stories|posts|articles|video)|newsletter|subscribe.{0,60}|sign up.{0,80}"
    r"|get the .{0,40}newsletter.{0,40}|advertisement|sponsored.{0,30}"
    r"|(?:\d+ )?kommentare?(?: \(\d+\))?|kommentar (?:schreiben|verfassen|hinterlassen)|schreibe einen kommentar.{0,30}"
    r"|diskutieren sie mit|über den autor|teilen|(?:diesen )?artikel (?:teilen|drucken)|meistgelesen|anzeige"
    r"|(?:\d+ )?commentaires?(?: \(\d+\))?|laisser un commentaire|partager.{0,30}|(?:\d+ )?comentarios?(?: \(\d+\))?"
    r"|deja (?:un comentario|una respuesta)|compartir.{0,20}|lo más (?:leído|visto)|(?:\d+ )?comentários?(?: \(\d+\))?"
    r"|deixe (?:um|seu) comentário|compartilhe.{0,30}|mais lidas|commenti?(?: \(\d+\))?|lascia un commento|condividi.{0,20}"
    r"|reacties|laat een reactie achter|kommentarer|komentarze|komentáře|komentar|tinggalkan (?:komentar|balasan)|yorumlar"
    r"|yorum yap"
    r"|отзывы|комментарии.{0,12}|оставить комментарий|добавить (?:комментарий|отзыв)|поделиться.{0,30}|коментарі|コメント.{0,8}"
    r"|シェアする|评论|发表评论|留言|댓글.{0,6}|التعليقات|تعليقات|نظرات|תגובות"
    r")\s*[:：!.…]?\s*\d*\s*$",
    re.I,
)
# Sections of buttons: the article continues with the next paragraph.
SHORT_SECTION: Final = re.compile(
    r"\b(?:share|follow|tags|newsletter|subscribe|sign up|get the|advertisement|anzeige|teilen|partager"
    r"|compart|condivid|поделиться|シェア)",
    re.I,
)
# Remarks of the publisher: contact, appeals, terms of use.
REMARK: Final = re.compile(
    r"^\W*(?:(?:follow|like|join|find|contact|email|reach|support) (?:us|me|him|her|them|our|the author|[@#]\w+"
    r"|\w+ (?:\w+ )?on (?:twitter|facebook|instagram|x|linkedin|telegram))\b"
    r"|follow .{1,60} on (?:twitter|facebook|instagram|x|linkedin|bluesky|threads)\b|write to .{1,60}(?:@|\bat\b)|(?:sign"
    r"|signed) up (?:for|to|here|now)|subscribe (?:to|now|here|today)|click here to (?:subscribe|sign|get|join|read|follow)"
    r"|get (?:\w+ ){1,6}(?:on the go|newsletter|in your inbox|app)\b"
    r"|download (?:the|our) .{0,40}app|share (?:this|on|via|with)|print this|email this"
    r"|advertisement(?=\W*$|\W+(?:story|article|continue|scroll|skip|this|your)\b)"
    r"|sponsored(?=\W*$|\W+(?:by\b[^,.]{0,60}$|content|posts?\b|links?\b|stories|message))"
    r"|copyright\b(?!\s+(?:laws?|reforms?|holders?|owners?|rules?|protection"
    r"|infringement|claims?|cases?|courts?|office|act|in)\b)"
    r"|©|\(c\) ?\d{4}|all rights reserved|this (?:material|article|story) (?:may not|was originally"
    r"|first appeared|originally)|(?:have|got) a (?:tip|story|news tip|question)\b|send (?:us )?(?:tips|your)"
    r"|tags?\s*[:：]|filed under\b|categor(?:y|ies)\s*[:：]|topics?\s*[:：]"
    # Not a sentence: "Published in 1999, the book sold a million copies."
    r"|(?:published (?:on|in|by|at|\d)|posted (?:in|on|by)\b|veröffentlicht (?:am|in|von)\b|publié (?:le|dans|par)\b"
    r"|publicado (?:en|por|el|em)\b)(?!.{30,}[^\W\d]\.\W*$)"
    r"|last (?:updated|modified)\b"
    # A day or a clock follows: "Update: The road is open." is a sentence.
    r"|updated?\s*[:：]\s*(?=\d|(?:\w{2,10}[,.]?\s+){1,2}\d|$)"
    r"|photo(?:s|graphs?|graphy| credit|graph by)?(?: by| courtesy)?\s*[:：]"
    r"|image(?: credit| source|s)?\s*[:：]|\(?(?:image|photo|picture) (?:credit|by|courtesy)|(?:getty images|shutterstock"
    r"|reuters|ap photo)\W*$|caption close$|loading\.{0,3}$|text size$|\d+ (?:of|/) \d+$|(?:min|minute)s? read$"
    r"|order reprints$|print article$"
    r"|schlagw(?:ö|o)rter?\s*[:：]|foto\w*\s*[:：]|bild\w*\s*[:：]|folgen sie uns|newsletter\b.{0,60}(?:abonnieren|anmelden)"
    r"|kategorien?\s*[:：]|crédits?\s*(?:photos?)?\s*[:：]|photos?\s*[:：]|suivez[- ]nous"
    r"|mots[- ]clés\s*[:：]|síguenos|etiquetas?\s*[:：]|siga[- ]nos|seguici"
    r"|tag\s*[:：]|метки\s*[:：]|теги\s*[:：]|фото\s*[:：]|источник\s*[:：]|подписывайтесь|タグ\s*[:：]|カテゴリ\w*\s*[:：]|标签\s*[:：]"
    r"|標籤\s*[:：]|태그\s*[:：]|무단\s?전재)",
    re.I,
)
CREDIT: Final = re.compile(
    r"(?:/|\b)(?:getty(?: images)?|shutterstock|reuters|afp|ap photo|dpa|epa|istock(?:photo)?|unsplash|pixabay|pexels)\)?$|^©",
    re.I,
)
MARKUP: Final = re.compile(
    r"<(?:iframe|script|div|img|embed|object|blockquote|a)\s[^<>]*="
)  # markup that was escaped twice and is therefore visible
SENTENCE_END: Final = re.compile(r"[.!?…。！？؟।:;”\"»’)]\s*$")
# How long ago a reply was written, in the languages that say it in a few words.
AGO = re.compile(
    r"\b\d+\s?[a-z]{1,8}\.? ago\b|\bvor \d+\s?[a-z]+|\bil y a \d+|\bhace \d+|\bhá \d+"
    r"|\b\d+ \w+ (?:fa|geleden|temu|назад|önce|sedan|siden|sitten)\b"
    r"|\d+\s?(?:分|時間|日|か月|年|小时|天|个月|시간|분|일)\s?(?:前|전)",
    re.I,
)
