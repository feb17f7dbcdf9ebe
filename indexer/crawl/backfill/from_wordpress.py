"""Read WordPress's list of posts (wp-json): a hundred at a time, with their texts."""

from __future__ import annotations

from indexer.crawl.backfill.walk import MAX_PAGES, BackfillWalk
from indexer.feeds.wordpress_api import POSTS_PER_PAGE, match_feed, parse_posts, posts_address
from indexer.model import Failure, Feed

ACCEPT_JSON = "application/json, */*;q=0.5"


async def walk_wordpress(walk: BackfillWalk, feed: Feed, api: str) -> bool:
    """Read all posts, if the feed covers all posts; return whether they include all of the feed's items."""
    state = walk.state("wordpress")
    if state.get("refused") == api:
        return False
    listed = tuple(walk.keys(feed.entries))
    missing = set(listed)
    whole, before = bool(state.get("whole")), int(state.get("page") or 0)
    page, last = 1, MAX_PAGES
    while page <= last:
        answer = await walk.get(posts_address(api, page), accept=ACCEPT_JSON)
        if isinstance(answer, Failure):
            if not walk.is_final(answer, "WordPress's list of posts"):
                walk.add("wordpress", (), {"api": api, "page": max(page, before)})
                return False
            if page == 1:
                walk.finish("wordpress", refused=api)
                return False
            break  # beyond the end
        posts = parse_posts(answer.body, answer.headers, answer.url)
        keys = walk.keys(posts.entries) if posts else []
        if page == 1 and not match_feed(tuple(keys), listed):
            if keys:
                walk.notes.append("WordPress's list of posts is not used: its posts are not those of this feed")
            walk.finish("wordpress", refused=api)
            return False
        if posts is None or not posts.entries:
            break
        missing -= set(keys)
        last = posts.pages or (page + 1 if len(posts.entries) == POSTS_PER_PAGE else page)
        if page == 1 and posts.total is not None:
            walk.request.show_progress(f"WordPress has {posts.total:,} posts")
        following = page + 1
        if walk.all_stored(posts.entries):
            if whole:
                break
            following = max(following, before)
        walk.add("wordpress", posts.entries, {"api": api, "page": max(following, before)})
        page = following
    walk.finish("wordpress", api=api)
    return not missing
