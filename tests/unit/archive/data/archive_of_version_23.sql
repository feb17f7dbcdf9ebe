-- An archive as version 23 of the format wrote it: pages that failed, moved, asked not to be indexed, and were gone.
PRAGMA user_version = 23;
BEGIN TRANSACTION;
CREATE TABLE aliases (                             -- other addresses that lead to a page
    key TEXT NOT NULL, page_id TEXT NOT NULL, PRIMARY KEY (key, page_id)
) WITHOUT ROWID;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT INTO "counter" VALUES('change',14);
CREATE TABLE dictionaries (
    source_id INTEGER PRIMARY KEY,
    id INTEGER NOT NULL,                           -- as Zstandard numbers it, in the dictionary and in what was packed with it
    body BLOB NOT NULL
);
CREATE TABLE disputed (                            -- addresses that several different pages claim: nobody is believed
    key TEXT PRIMARY KEY, url TEXT NOT NULL, why TEXT NOT NULL
);
CREATE TABLE documents (                           -- what we understood; document NULL: a tombstone
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    source_id INTEGER REFERENCES sources (id),
    document TEXT,
    extractor INTEGER NOT NULL,
    change INTEGER NOT NULL UNIQUE,
    changed_at TEXT NOT NULL,
    why TEXT NOT NULL DEFAULT ''
, twin TEXT);
INSERT INTO "documents" VALUES('4fe05267b317608a','https://news.example/ant',1,NULL,5,13,'2026-11-29T20:03:48Z','https://news.example/ant: the server answered 404, twice since 2026-01-02','news.example/ant?');
INSERT INTO "documents" VALUES('069bb597fc5224b2','https://news.example/bee',1,'{"id":"069bb597fc5224b2","url":"https://news.example/bee","title":"The tale of the bee","text":"In chapter 0 the bee went to the bee market, met its bee friends there and told them story 0 . In chapter 1 the bee went to the bee market, met its bee friends there and told them story 1 .","summary":"short words about bee","language":"en","date":null,"modified":null,"authors":[],"categories":[],"source":"Tales","image":null,"rule":"article"}',5,2,'2026-11-29T20:03:45Z','new','news.example/bee?');
INSERT INTO "documents" VALUES('d87dc976b0f63a4a','https://news.example/cow',1,NULL,5,12,'2026-11-29T20:03:47Z','the page asks not to be indexed (meta robots: "noindex")','news.example/cow?');
INSERT INTO "documents" VALUES('6bd57b3aed008167','https://news.example/dog',1,'{"id":"6bd57b3aed008167","url":"https://news.example/dog","title":"The tale of the dog","text":"In chapter 0 the dog went to the dog market, met its dog friends there and told them story 0 again. In chapter 1 the dog went to the dog market, met its dog friends there and told them story 1 again.","summary":"short words about dog","language":"en","date":null,"modified":null,"authors":[],"categories":[],"source":"Tales","image":null,"rule":"article"}',5,11,'2026-11-29T20:03:47Z','changed','news.example/dog?');
INSERT INTO "documents" VALUES('3743da7b61ec7a47','https://news.example/eel',1,'{"id":"3743da7b61ec7a47","url":"https://news.example/eel","title":"The tale of the eel","text":"In chapter 0 the eel went to the eel market, met its eel friends there and told them story 0 . In chapter 1 the eel went to the eel market, met its eel friends there and told them story 1 .","summary":"short words about eel","language":"en","date":null,"modified":null,"authors":[],"categories":[],"source":"Tales","image":null,"rule":"article"}',5,5,'2026-11-29T20:03:45Z','new','news.example/eel?');
INSERT INTO "documents" VALUES('f2ebcf6c5e36ba76','https://news.example/fox',1,NULL,5,14,'2026-11-29T20:03:48Z','https://news.example/fox: the site''s robots.txt does not allow it since 2026-01-02','news.example/fox?');
INSERT INTO "documents" VALUES('0e64da7aadcb476f','https://news.example/gnu',1,'{"id":"0e64da7aadcb476f","url":"https://news.example/gnu","title":"The tale of the gnu","text":"In chapter 0 the gnu went to the gnu market, met its gnu friends there and told them story 0 . In chapter 1 the gnu went to the gnu market, met its gnu friends there and told them story 1 .","summary":"short words about gnu","language":"en","date":null,"modified":null,"authors":[],"categories":[],"source":"Tales","image":null,"rule":"article"}',5,7,'2026-11-29T20:03:45Z','new','news.example/gnu?');
INSERT INTO "documents" VALUES('70f094f475a39b87','https://news.example/hen',1,'{"id":"70f094f475a39b87","url":"https://news.example/hen","title":"The tale of the hen","text":"In chapter 0 the hen went to the hen market, met its hen friends there and told them story 0 . In chapter 1 the hen went to the hen market, met its hen friends there and told them story 1 .","summary":"short words about hen","language":"en","date":null,"modified":null,"authors":[],"categories":[],"source":"Tales","image":null,"rule":"article"}',5,8,'2026-11-29T20:03:45Z','new','news.example/hen?');
INSERT INTO "documents" VALUES('2ee2850f8afaa450','https://news.example/guide-to-robots.txt',1,'{"id":"2ee2850f8afaa450","url":"https://news.example/guide-to-robots.txt","title":"How to write rules","text":"about rules","summary":"about rules","language":"en","date":null,"modified":null,"authors":[],"categories":[],"source":"Tales","image":null,"rule":"feed"}',5,9,'2026-11-29T20:03:47Z','new','news.example/guide-to-robots.txt?');
INSERT INTO "documents" VALUES('abfb73259f4eae8d','https://news.example/mill',1,'{"id":"abfb73259f4eae8d","url":"https://news.example/mill","title":"Mill","text":"The mill turned its wheel and ground the corn of the whole valley in one night. The mill turned its wheel and ground the corn of the whole valley in one night. The mill turned its wheel and ground the corn of the whole valley in one night.","summary":"mill","language":"en","date":null,"modified":null,"authors":[],"categories":[],"source":"Tales","image":null,"rule":"article"}',5,10,'2026-11-29T20:03:47Z','its canonical address https://elsewhere.example/mill is on another site: it is kept under its own','news.example/mill?');
CREATE TABLE forgotten (id TEXT PRIMARY KEY, url TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE history (                             -- one line for each thing that happened to a document
    document_id TEXT NOT NULL, at TEXT NOT NULL, what TEXT NOT NULL
);
INSERT INTO "history" VALUES('4fe05267b317608a','2026-11-29T20:03:45Z','new');
INSERT INTO "history" VALUES('069bb597fc5224b2','2026-11-29T20:03:45Z','new');
INSERT INTO "history" VALUES('d87dc976b0f63a4a','2026-11-29T20:03:45Z','new');
INSERT INTO "history" VALUES('6bd57b3aed008167','2026-11-29T20:03:45Z','new');
INSERT INTO "history" VALUES('3743da7b61ec7a47','2026-11-29T20:03:45Z','new');
INSERT INTO "history" VALUES('f2ebcf6c5e36ba76','2026-11-29T20:03:45Z','new');
INSERT INTO "history" VALUES('0e64da7aadcb476f','2026-11-29T20:03:45Z','new');
INSERT INTO "history" VALUES('70f094f475a39b87','2026-11-29T20:03:45Z','new');
INSERT INTO "history" VALUES('2ee2850f8afaa450','2026-11-29T20:03:47Z','new');
INSERT INTO "history" VALUES('abfb73259f4eae8d','2026-11-29T20:03:47Z','its canonical address https://elsewhere.example/mill is on another site: it is kept under its own');
INSERT INTO "history" VALUES('6bd57b3aed008167','2026-11-29T20:03:47Z','changed');
INSERT INTO "history" VALUES('d87dc976b0f63a4a','2026-11-29T20:03:47Z','the page asks not to be indexed (meta robots: "noindex")');
INSERT INTO "history" VALUES('4fe05267b317608a','2026-11-29T20:03:48Z','https://news.example/ant: the server answered 404, twice since 2026-01-02');
INSERT INTO "history" VALUES('f2ebcf6c5e36ba76','2026-11-29T20:03:48Z','https://news.example/fox: the site''s robots.txt does not allow it since 2026-01-02');
CREATE TABLE hosts (host TEXT PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE pages (                               -- what became of an address
    id TEXT PRIMARY KEY,                           -- document id of the address as the feed names it
    url TEXT NOT NULL,                             -- '' for an item without one
    source_id INTEGER NOT NULL REFERENCES sources (id),
    entry TEXT NOT NULL,                           -- the feed's item
    entry_hash TEXT NOT NULL,
    response_id INTEGER REFERENCES responses (id), -- the last good one
    etag TEXT, last_modified TEXT,
    fetched_at TEXT, failure TEXT, failed_status INTEGER, gone_count INTEGER NOT NULL DEFAULT 0,
    document_id TEXT
, guid TEXT, reading TEXT, address TEXT, made_by TEXT, remark TEXT NOT NULL DEFAULT '');
INSERT INTO "pages" VALUES('4fe05267b317608a','https://news.example/ant',1,'{"url":"https://news.example/ant","guid":null,"title":"The tale of the ant","summary_html":"short words about ant","content_html":"","published":null,"updated":null,"authors":[],"categories":[],"language":null,"image":null}','d7dece127c96712dd78ab49b74286cce34128da25fbc4b59f7b99869d1680506',1,'"865114492655262637"',NULL,'2026-01-04T00:00:00Z','https://news.example/ant: the server answered 404, twice since 2026-01-02',404,3,'4fe05267b317608a',NULL,NULL,NULL,'5-59e6112f5898','');
INSERT INTO "pages" VALUES('069bb597fc5224b2','https://news.example/bee',1,'{"url":"https://news.example/bee","guid":null,"title":"The tale of the bee","summary_html":"short words about bee","content_html":"","published":null,"updated":null,"authors":[],"categories":[],"language":null,"image":null}','a6e629af9986ca0de1a1a9fd8af58f34583f5842048eba67b77c81c8d0e2ac44',2,'"5868627070476880452"',NULL,'2026-01-04T00:00:00Z','https://news.example/bee: an error page was answered with 200 ("Page not found"); the text that we have stays',NULL,0,'069bb597fc5224b2',NULL,'069bb597fc5224b2','https://news.example/bee','5-59e6112f5898','');
INSERT INTO "pages" VALUES('d87dc976b0f63a4a','https://news.example/cow',1,'{"url":"https://news.example/cow","guid":null,"title":"The tale of the cow","summary_html":"short words about cow","content_html":"","published":null,"updated":null,"authors":[],"categories":[],"language":null,"image":null}','eb80a4d44e5831f81d78e31607cf1483221c41c28455d9f5a0eab693cee134ad',11,'"-3205939077715457606"',NULL,'2026-01-04T00:00:00Z',NULL,NULL,0,'d87dc976b0f63a4a',NULL,NULL,NULL,'5-59e6112f5898','');
INSERT INTO "pages" VALUES('6bd57b3aed008167','https://news.example/dog',1,'{"url":"https://news.example/dog","guid":null,"title":"The tale of the dog","summary_html":"short words about dog","content_html":"","published":null,"updated":null,"authors":[],"categories":[],"language":null,"image":null}','c983e747a7c65b233c51d0a6ebb5b48304303b4e62f88d63a2dfff68e9f4d780',10,'"-1886514247329693113"',NULL,'2026-01-04T00:00:00Z',NULL,NULL,0,'6bd57b3aed008167',NULL,'6bd57b3aed008167','https://news.example/dog','5-59e6112f5898','');
INSERT INTO "pages" VALUES('3743da7b61ec7a47','https://news.example/eel',1,'{"url":"https://news.example/eel","guid":null,"title":"The tale of the eel","summary_html":"short words about eel","content_html":"","published":null,"updated":null,"authors":[],"categories":[],"language":null,"image":null}','95b284f353d46c9a4683ac19952862144fd8ebfc76cfccd5bb98bc870dd080fa',5,'"-6018097436807367217"',NULL,'2026-01-04T00:00:00Z','https://news.example/eel: a login was answered instead of the page; the text that we have stays',NULL,0,'3743da7b61ec7a47',NULL,'3743da7b61ec7a47','https://news.example/eel','5-59e6112f5898','');
INSERT INTO "pages" VALUES('f2ebcf6c5e36ba76','https://news.example/fox',1,'{"url":"https://news.example/fox","guid":null,"title":"The tale of the fox","summary_html":"short words about fox","content_html":"","published":null,"updated":null,"authors":[],"categories":[],"language":null,"image":null}','456d45680e6dbee4fbe1fa3a3970b9b2a4b0aa13d87eb12a079606b109d7a539',6,'"-3816074033322234463"',NULL,'2026-01-04T00:00:00Z','https://news.example/fox: the site''s robots.txt does not allow it since 2026-01-02',NULL,0,'f2ebcf6c5e36ba76',NULL,NULL,NULL,'5-59e6112f5898','');
INSERT INTO "pages" VALUES('0e64da7aadcb476f','https://news.example/gnu',1,'{"url":"https://news.example/gnu","guid":null,"title":"The tale of the gnu","summary_html":"short words about gnu","content_html":"","published":null,"updated":null,"authors":[],"categories":[],"language":null,"image":null}','bb75e9aa5e262c3171c4503954fffb283d93fdc3a75e7792bebe9383583c95db',7,'"911140816281109636"',NULL,'2026-01-04T00:00:00Z',NULL,NULL,0,'0e64da7aadcb476f',NULL,'0e64da7aadcb476f','https://news.example/gnu','5-59e6112f5898','');
INSERT INTO "pages" VALUES('70f094f475a39b87','https://news.example/hen',1,'{"url":"https://news.example/hen","guid":null,"title":"The tale of the hen","summary_html":"short words about hen","content_html":"","published":null,"updated":null,"authors":[],"categories":[],"language":null,"image":null}','1057fb7b690d3ba2326bd58e7e3f1eaabf38921ad9e98c52fed0cf0154b59b3b',8,'"-5218353462772974956"',NULL,'2026-01-04T00:00:00Z',NULL,NULL,0,'70f094f475a39b87',NULL,'70f094f475a39b87','https://news.example/hen','5-59e6112f5898','');
INSERT INTO "pages" VALUES('2ee2850f8afaa450','https://news.example/guide-to-robots.txt',1,'{"url":"https://news.example/guide-to-robots.txt","guid":null,"title":"How to write rules","summary_html":"about rules","content_html":"","published":null,"updated":null,"authors":[],"categories":[],"language":null,"image":null}','e53e1d8b1776599fa50280f734afc0c27de01526eadb7a785bc4d20bb0dc3598',NULL,NULL,NULL,'2026-01-04T00:00:00Z','https://news.example/guide-to-robots.txt: the server answered 500',500,0,'2ee2850f8afaa450',NULL,'2ee2850f8afaa450','https://news.example/guide-to-robots.txt','5-59e6112f5898','');
INSERT INTO "pages" VALUES('abfb73259f4eae8d','https://news.example/mill',1,'{"url":"https://news.example/mill","guid":null,"title":"Mill","summary_html":"mill","content_html":"","published":null,"updated":null,"authors":[],"categories":[],"language":null,"image":null}','92cf0f4534bfc64dbd47e6c095e03465f9287cd5a4c98cd9d54739e6980be2b4',9,'"-9160218180986844314"',NULL,'2026-01-04T00:00:00Z',NULL,NULL,0,'abfb73259f4eae8d',NULL,'abfb73259f4eae8d','https://news.example/mill','5-59e6112f5898','its canonical address https://elsewhere.example/mill is on another site: it is kept under its own');
CREATE TABLE queries (at TEXT NOT NULL, channel TEXT NOT NULL, query TEXT NOT NULL, total INTEGER NOT NULL,
                      opened INTEGER NOT NULL DEFAULT 0);
CREATE TABLE removals (
    page_id TEXT PRIMARY KEY REFERENCES pages (id) ON DELETE CASCADE,
    source_id INTEGER NOT NULL,
    why TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    done_at TEXT                                   -- NULL: not carried out
);
CREATE TABLE responses (                           -- what the web said
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL,
    requested_url TEXT NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,                            -- zlib
    body_sha256 TEXT NOT NULL,
    fetched_at TEXT NOT NULL
, permanent_url TEXT);
INSERT INTO "responses" VALUES(1,'https://news.example/ant','https://news.example/ant',200,'{"content-type": "text/html", "etag": "\"865114492655262637\""}',X'28B52FFD603F00AD040092491C1A80276D030C93B875131492F8F2952B7AA077F5E84F96BAA3C868B7E73A865D318C3021264CF0814A5F3E65D35DD42A288D3AAC1B3F8F019E050A4FBA8FD28060952F500D460357D8111D46D42ED760AE70D8B0958B0507F8089D7A1F9273F14E2D5CEECDED0AA6DAA1142040B8DE73B50C006D531C03BA628824C3C5787B8F2E430FA2CE94CDC205D38A7AAA3046332828','584a066827e7ee28a0d10f90c2a14683397c8af94e724d96127f4cd3404ef8e4','2026-01-01T00:00:00Z',NULL);
INSERT INTO "responses" VALUES(2,'https://news.example/bee','https://news.example/bee',200,'{"content-type": "text/html", "etag": "\"5868627070476880452\""}',X'28B52FFD603F00B5040022CA1D1B70376D035DA49175939896F8D968DD1DE144166142C24100A8C217A767730CBB6218C18498E0820F54DAE55334AD0B425FAD826E54C2FFC16B8DF7C700FB028527AD17DDA060F52D3011460357D8911C46D2EE8A30AB70D8B075458303FC1FFC5C2792AFB87E1AEEBA66ED0A3EEDD0050810AAF56C5A0A006D531C03BA62882493FD47AD31A3370B174C2BEAA9C218CDA0A0','41d51a047e82611c41ac69d9256dc47a6ea8055837d42ccb3dfa965f5f97f810','2026-01-01T00:00:00Z',NULL);
INSERT INTO "responses" VALUES(3,'https://news.example/cow','https://news.example/cow',200,'{"content-type": "text/html", "etag": "\"-5968069220680966815\""}',X'28B52FFD603F00B50400D2091D1A80A56D03B8A4C7BA899026F8F2CA899E00B7C1B491CFA0A3C868C8A9B79443A4DC70633E9C78005BDD9E0EAFFE517965ED2845EC688DDE9A1E6805609956BF9526C49936926B5C111039345BCEECA1B2819A65B9724D398B0B9E2CE3BAFD635D39FBBA052A37EAC393BA874A0705957C4EBD170B006D531C03BA62882493FDD165E841D499B259B8605A514F15C668060505','1d6c5b195c86ba4d59cc572827ee7de6354e4e1020bf8cffbf43ec54db51f0cd','2026-01-01T00:00:00Z',NULL);
INSERT INTO "responses" VALUES(4,'https://news.example/dog','https://news.example/dog',200,'{"content-type": "text/html", "etag": "\"-1136317780519022284\""}',X'28B52FFD603F00B50400D2091D1A80A56D0339A4C7BA091412FB7DE5444F80DB60DAC867D0516434C8A9B794C3A4DC70633E9C78005BDD9E0EAFFE517965ED2845EC688DDE9A1E682DB04CABDF4A018833ED24D7B822607268B69CD943650335CB72E59A7216171C59E7BAFD635D39FBBA052A37EAC393BA874A07884A3EA7DE0B0B006D531C03BA62882493FDD165E841D499B259B8605A514F15C668060505','7ccc445eb42effa626e4e14827ae114e3c80461f1d1b4b64595b92facad7b2fa','2026-01-01T00:00:00Z',NULL);
INSERT INTO "responses" VALUES(5,'https://news.example/eel','https://news.example/eel',200,'{"content-type": "text/html", "etag": "\"-6018097436807367217\""}',X'28B52FFD603F00AD0400D2C91C1A80276D038CD2DCBA090A49F4E9952B7AA077F5E84F96BAA3C868A767730CBB621861424C98E0039576F9144DEB82D057ABA01B75586BBC3F06D817283C69BDE80604AB6F8169301AB8C28EE430927657835985C386AD2B161C60FDFD5C1F92AFB87E16EEBA66ED0A3EEDD0050810AAF56C5A0B006D531C03BA62882493FDD165E841D499B259B8605A514F15C668060505','b9d65247b185fd7d4e14a77720619d0faf173fb1397bb69bc221a1d2bb514af9','2026-01-01T00:00:00Z',NULL);
INSERT INTO "responses" VALUES(6,'https://news.example/fox','https://news.example/fox',200,'{"content-type": "text/html", "etag": "\"-3816074033322234463\""}',X'28B52FFD603F00B50400D2091D1A70B56D0334658351131C127CF9ADE07F87BB0893D10F02A0EABCC8A9B794C3A41C71634EBC78005BDD9E0EAFFE517965ED28450C698DDE9A1E6835B04CABDF4A0FC59976927B5C113039345BCEECA1F2819A65B9724D398D0B0EB090EBF69175E5ECEB1AA8DCA80F4FEA1E2A1D1454F239F55E0B006D531C03BA62882493FDD165E841D499B259B8605A514F15C668060505','023590938ff4d09ef1783a341386da7d76bbe7ea1f40ca19d06b2666269fb1c5','2026-01-01T00:00:00Z',NULL);
INSERT INTO "responses" VALUES(7,'https://news.example/gnu','https://news.example/gnu',200,'{"content-type": "text/html", "etag": "\"911140816281109636\""}',X'28B52FFD603F00BD0400D2491D1B80A56D039143DAAD9B0869B1DF574EF404B80DA68D7C061D454603C8A9B794C3A4DC70633E9CF8005BDD9E0EAFFE517965ED2845EC688DDE9A2E6805609956BF950A1067DA49AE7155C0E4D06C39B387CA066A96E5CA35E52C3E788042AEDB3FD695B3AF5BA072A33E3CA97BA89480A8E473EABD0B006D531C03BA62882493FDD165E841D499B259B8605A514F15C668060505','f4e83985f2c36763b5e9f01f6001015b176ff491ae9c88b20e2379fa658c8270','2026-01-01T00:00:00Z',NULL);
INSERT INTO "responses" VALUES(8,'https://news.example/hen','https://news.example/hen',200,'{"content-type": "text/html", "etag": "\"-5218353462772974956\""}',X'28B52FFD603F009D0400D2491C1880B76D8CD26EDD0485045F5E39D103BDABA78D3E754791D1C8A9B794C3A41C71634EBCF881AD6E4F8757FFA8BCB276942286B4466F4D07B41658A6D56FA586E24C3BC93DAE06981C9A2D67F650F940CDB25CB9A69CC60357BAD7ED23EBCAD9D73550B9511F9ED43D542A20A8E473EABD0B006D531C03BA62882493FDD165E841D499B259B8605A514F15C668060505','22ec44a97eabbd975716f9e2a57a6b0e053f6deeef74f9505bab27723beab7bd','2026-01-01T00:00:00Z',NULL);
INSERT INTO "responses" VALUES(9,'https://news.example/mill','https://news.example/mill',200,'{"content-type": "text/html", "etag": "\"-9160218180986844314\""}',X'28B52FFD607B000D0500F28B221C80A56D03D106AE2EA36D23777F4CA4C09CB9944A3C08FB089A810301C74FB90B99B3C1E2916A56659A56E01F0D98AF703128D3A59219D70C3DA87598A1C86EE362CAA619D675583363C049EE10908077FC94BB90B943FC89183F411081075EC6C5CA6D4C41497691280C5E68472955294AC5BD4C40F367EE4F80E36FEE1D0319EFA88B43D1EDC8E205060077A640032FAD9BAEDE85F37C050CF3A13C01','6596c0b40b0a2278d44e84e75a8e6cd038ec16569f8e1c5346af948b9cfb2956','2026-01-01T00:00:00Z',NULL);
INSERT INTO "responses" VALUES(10,'https://news.example/dog','https://news.example/dog',200,'{"content-type": "text/html", "etag": "\"-1886514247329693113\""}',X'28B52FFD604900C50400020A1D1880B76D8CD26EDD0485C47E5F39D103BDABA78D22754791D1C8A9B794C3A49C31172894489EF881AD6E4F8757FFA8BCB276942276B4466F4D07B41658A6D56FA506E24C3BC935AE08981C9A2D67F650D940CDB25CB9A69CC50347D6B96EFF5857CEBE6E81CA8DFAF0A4EEA1D201A292CFA9F7020C0077530A64C780D8330490C9F3E8DAF420EA4CD92C5C30ADA8A70A6334838202','b03b7b52c78347f90d55f52155a569a743f6f764c730d5ec20931ee541a9f6eb','2026-01-01T00:00:00Z',NULL);
INSERT INTO "responses" VALUES(11,'https://news.example/cow','https://news.example/cow',200,'{"content-type": "text/html", "etag": "\"-3205939077715457606\""}',X'28B52FFD6061005D0500F24B221B80A7CD01D8135523A17844D0E7B65C251AE88DA2F7A74FDD51643446ADA352CE1CE5082588125AE8416347BA8E62EF49AC1B72D2A91D9AA4DEAB007741C3C5DEA793429B7F20329A02E63843A072043A6365A4372C670C7C32B12C9E7E32A3C8D9006B851766F15E570EB14243039A30A346EF81D50A5F2383B17AFA99834667D20541A2AA5A47170B006D531C03BA62882493FDD175DC41FC9962E058300EA9A785F143332828','8c32c0743125f84351b9e3791fd3ab4add2f99046fd6154f2fd2ff9caa61fcac','2026-01-01T00:00:00Z',NULL);
CREATE TABLE rhythms (                             -- the same of a source's listing
    source_id INTEGER PRIMARY KEY REFERENCES sources (id) ON DELETE CASCADE,
    looks REAL NOT NULL DEFAULT 0,
    changes REAL NOT NULL DEFAULT 0,
    days REAL NOT NULL DEFAULT 0,
    looked_at TEXT,
    listing_hash TEXT,
    question TEXT                                  -- what the operator is asked before documents are removed
);
INSERT INTO "rhythms" VALUES(1,3.0,0.0,3.0,'2026-01-04T00:00:00Z','cf8f0e13eadd4c54',NULL);
CREATE TABLE sketches (                            -- the smallest hashes of a document's text
    value INTEGER NOT NULL, document_id TEXT NOT NULL, PRIMARY KEY (value, document_id)
) WITHOUT ROWID;
INSERT INTO "sketches" VALUES(322795862,'069bb597fc5224b2');
INSERT INTO "sketches" VALUES(855614142,'069bb597fc5224b2');
INSERT INTO "sketches" VALUES(1121377832,'069bb597fc5224b2');
INSERT INTO "sketches" VALUES(1180344884,'069bb597fc5224b2');
INSERT INTO "sketches" VALUES(1303806096,'069bb597fc5224b2');
INSERT INTO "sketches" VALUES(1361236274,'069bb597fc5224b2');
INSERT INTO "sketches" VALUES(1433571282,'069bb597fc5224b2');
INSERT INTO "sketches" VALUES(1591910568,'069bb597fc5224b2');
INSERT INTO "sketches" VALUES(236217054,'0e64da7aadcb476f');
INSERT INTO "sketches" VALUES(322795862,'0e64da7aadcb476f');
INSERT INTO "sketches" VALUES(471833458,'0e64da7aadcb476f');
INSERT INTO "sketches" VALUES(847881772,'0e64da7aadcb476f');
INSERT INTO "sketches" VALUES(977455590,'0e64da7aadcb476f');
INSERT INTO "sketches" VALUES(1180344884,'0e64da7aadcb476f');
INSERT INTO "sketches" VALUES(1303806096,'0e64da7aadcb476f');
INSERT INTO "sketches" VALUES(1433571282,'0e64da7aadcb476f');
INSERT INTO "sketches" VALUES(450152270,'2ee2850f8afaa450');
INSERT INTO "sketches" VALUES(248840776,'3743da7b61ec7a47');
INSERT INTO "sketches" VALUES(322795862,'3743da7b61ec7a47');
INSERT INTO "sketches" VALUES(473112712,'3743da7b61ec7a47');
INSERT INTO "sketches" VALUES(992682414,'3743da7b61ec7a47');
INSERT INTO "sketches" VALUES(1180344884,'3743da7b61ec7a47');
INSERT INTO "sketches" VALUES(1196588872,'3743da7b61ec7a47');
INSERT INTO "sketches" VALUES(1303806096,'3743da7b61ec7a47');
INSERT INTO "sketches" VALUES(1349284678,'3743da7b61ec7a47');
INSERT INTO "sketches" VALUES(87997908,'6bd57b3aed008167');
INSERT INTO "sketches" VALUES(788972964,'6bd57b3aed008167');
INSERT INTO "sketches" VALUES(1215155936,'6bd57b3aed008167');
INSERT INTO "sketches" VALUES(1303806096,'6bd57b3aed008167');
INSERT INTO "sketches" VALUES(1317240700,'6bd57b3aed008167');
INSERT INTO "sketches" VALUES(1433571282,'6bd57b3aed008167');
INSERT INTO "sketches" VALUES(1646540930,'6bd57b3aed008167');
INSERT INTO "sketches" VALUES(1677865690,'6bd57b3aed008167');
INSERT INTO "sketches" VALUES(35052534,'70f094f475a39b87');
INSERT INTO "sketches" VALUES(322795862,'70f094f475a39b87');
INSERT INTO "sketches" VALUES(417175018,'70f094f475a39b87');
INSERT INTO "sketches" VALUES(892620500,'70f094f475a39b87');
INSERT INTO "sketches" VALUES(892749648,'70f094f475a39b87');
INSERT INTO "sketches" VALUES(1106868486,'70f094f475a39b87');
INSERT INTO "sketches" VALUES(1180344884,'70f094f475a39b87');
INSERT INTO "sketches" VALUES(1267648328,'70f094f475a39b87');
INSERT INTO "sketches" VALUES(84829938,'abfb73259f4eae8d');
INSERT INTO "sketches" VALUES(820040384,'abfb73259f4eae8d');
INSERT INTO "sketches" VALUES(951625628,'abfb73259f4eae8d');
INSERT INTO "sketches" VALUES(956568600,'abfb73259f4eae8d');
INSERT INTO "sketches" VALUES(1079959298,'abfb73259f4eae8d');
INSERT INTO "sketches" VALUES(1105013000,'abfb73259f4eae8d');
INSERT INTO "sketches" VALUES(1328897146,'abfb73259f4eae8d');
INSERT INTO "sketches" VALUES(1470675992,'abfb73259f4eae8d');
CREATE TABLE source_memo (source_id INTEGER PRIMARY KEY REFERENCES sources (id), memo TEXT NOT NULL);
CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL DEFAULT 'auto',
    language TEXT, category TEXT, include TEXT, exclude TEXT,
    state TEXT NOT NULL DEFAULT 'new',             -- new, ok, failing, removed
    etag TEXT, last_modified TEXT,
    last_crawl TEXT, next_crawl TEXT,
    failures INTEGER NOT NULL DEFAULT 0,           -- in a row
    last_error TEXT, error_since TEXT
, keep TEXT, pdf INTEGER NOT NULL DEFAULT 0, template TEXT NOT NULL DEFAULT '');
INSERT INTO "sources" VALUES(1,'https://news.example/rss.xml','Tales','auto',NULL,NULL,NULL,NULL,'asking','"6188538150562646718"',NULL,'2026-01-04T00:00:00Z','2026-01-04T23:06:39Z',0,'2 of 9 documents would leave the index, which is more than a fifth; all are kept. The first: https://news.example/ant: the server answered 404, twice since 2026-01-02. If that is right: indexer crawl --accept-removals https://news.example/rss.xml',NULL,NULL,0,'{"version":2,"pages":9,"blocks":{"53deb0c4c227":1,"8ed1020cc975":1,"5ee11869486e":1,"d3e89764def8":1,"7c1a9c32bcd5":1,"4a7bb49b5f86":1,"9ab12a6a06b2":1,"610ffd4a6cdb":1,"70ac3534725d":1,"8cf399735448":1,"c3a16f86f86d":1,"6cd7807757a2":1,"ee0a9fffbcf5":1,"278b2e71eaf1":1,"663772084d08":1,"c257485affa9":1,"d90525293df7":1,"879bf0c1687c":1},"places":{"4f1ddb302f23":[9,0],"865d1ed11060":[9,0]},"seen":["546adeadccf2","a47fb0c473ec","0da7d1cb82ed","cdbe4057d2a3","ccff2e1fe189","a29a37d832a3","614b7b5b5a7e","567eaed390b7","c81d97571b84"],"habit":null}');
CREATE TABLE visits (
    page_id TEXT PRIMARY KEY REFERENCES pages (id) ON DELETE CASCADE,
    source_id INTEGER NOT NULL,
    due TEXT,                                      -- NULL: now
    looks REAL NOT NULL DEFAULT 0,                 -- evidence of its rhythm: looks, of these with another text,
    changes REAL NOT NULL DEFAULT 0,
    days REAL NOT NULL DEFAULT 0,                  -- and the days that they span
    looked_at TEXT,                                -- the last time that its text was seen
    text_hash TEXT,                                -- of the page's own text as it is believed
    failures INTEGER NOT NULL DEFAULT 0,           -- in a row, faults of the answer included
    gone_since TEXT, refused_since TEXT,           -- since when 404 or 410; since when robots.txt says no
    suspect TEXT, suspect_since TEXT,              -- an answer that is not believed: the hash of its text, or what it is
    suspect_looks INTEGER NOT NULL DEFAULT 0,
    false_alarms INTEGER NOT NULL DEFAULT 0,       -- in a row: its listing said that it had changed, and it had not
    left_at TEXT,                                  -- since when its source does not list it
    until TEXT,                                    -- it asks not to be in an index after that
    withdrawn TEXT                                 -- why it has left the index
);
INSERT INTO "visits" VALUES('4fe05267b317608a',1,'2026-01-05T00:00:00Z',0.0,0.0,0.0,'2026-01-01T00:00:00Z','5d6596c34d619845',3,'2026-01-02T00:00:00Z',NULL,NULL,NULL,0,0,NULL,NULL,'https://news.example/ant: the server answered 404, twice since 2026-01-02');
INSERT INTO "visits" VALUES('069bb597fc5224b2',1,'2026-01-04T04:00:00Z',0.0,0.0,0.0,'2026-01-01T00:00:00Z','5842d7db1e7d8c6e',3,NULL,NULL,'error page','2026-01-02T00:00:00Z',3,0,NULL,NULL,NULL);
INSERT INTO "visits" VALUES('d87dc976b0f63a4a',1,'2026-01-10T13:19:11Z',3.0,0.0,3.0,'2026-01-04T00:00:00Z','de238722c940379a',0,NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL);
INSERT INTO "visits" VALUES('6bd57b3aed008167',1,'2026-01-06T16:05:05Z',3.0,1.0,3.0,'2026-01-04T00:00:00Z','cb0cf3657c117d71',0,NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL);
INSERT INTO "visits" VALUES('3743da7b61ec7a47',1,'2026-01-04T04:00:00Z',0.0,0.0,0.0,'2026-01-01T00:00:00Z','c88d2669338e9025',3,NULL,NULL,'login','2026-01-02T00:00:00Z',3,0,NULL,NULL,NULL);
INSERT INTO "visits" VALUES('f2ebcf6c5e36ba76',1,'2026-01-11T00:00:00Z',0.0,0.0,0.0,'2026-01-01T00:00:00Z','584fd00cb2983c20',3,NULL,'2026-01-02T00:00:00Z',NULL,NULL,0,0,NULL,NULL,'https://news.example/fox: the site''s robots.txt does not allow it since 2026-01-02');
INSERT INTO "visits" VALUES('0e64da7aadcb476f',1,'2026-01-10T10:25:26Z',3.0,0.0,3.0,'2026-01-04T00:00:00Z','04b698ebd5718fb2',0,NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL);
INSERT INTO "visits" VALUES('70f094f475a39b87',1,'2026-01-12T07:07:01Z',3.0,0.0,3.0,'2026-01-04T00:00:00Z','f8b89b5f7c7d2407',0,NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL);
INSERT INTO "visits" VALUES('2ee2850f8afaa450',1,'2026-01-04T08:00:00Z',0.0,0.0,0.0,NULL,NULL,4,NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL);
INSERT INTO "visits" VALUES('abfb73259f4eae8d',1,'2026-01-09T23:33:24Z',3.0,0.0,3.0,'2026-01-04T00:00:00Z','94911fb1b837d7d0',0,NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL);
CREATE INDEX pages_by_source ON pages (source_id);
CREATE INDEX pages_by_document ON pages (document_id);
CREATE INDEX history_by_document ON history (document_id);
CREATE INDEX responses_by_address ON responses (requested_url);
CREATE INDEX pages_by_response ON pages (response_id);
CREATE INDEX queries_by_query ON queries (query);
CREATE INDEX pages_waiting ON pages (source_id) WHERE fetched_at IS NULL OR entry_hash = '';
CREATE INDEX pages_by_guid ON pages (source_id, guid) WHERE guid IS NOT NULL;
CREATE INDEX pages_by_shared_address ON pages (source_id, address) WHERE url = '';
CREATE INDEX pages_by_reading ON pages (reading);
CREATE INDEX pages_by_url ON pages (url);
CREATE INDEX pages_by_maker ON pages (source_id, made_by);
CREATE INDEX documents_by_twin ON documents (twin) WHERE twin IS NOT NULL;
CREATE INDEX documents_by_url ON documents (url);
CREATE INDEX sketches_by_document ON sketches (document_id);
CREATE INDEX aliases_by_page ON aliases (page_id);
CREATE INDEX visits_by_due ON visits (source_id, due);
CREATE INDEX visits_by_text ON visits (source_id, text_hash);
CREATE INDEX visits_by_suspect ON visits (source_id, suspect);
CREATE INDEX removals_by_source ON removals (source_id, done_at);
CREATE INDEX pages_that_fail ON pages (source_id) WHERE failure IS NOT NULL;
CREATE INDEX dictionaries_by_id ON dictionaries (id);
COMMIT;
