"""WordPress's list of its posts (wp-json): a hundred at a time, with their texts."""

from __future__ import annotations

from indexer.crawl.backfill.walk import MAX_PAGES, Walk
from indexer.feeds.wordpress import PER_PAGE, are_the_feeds, parse_posts, posts_address
from indexer.model import Failure, Feed

JSON = "application/json, */*;q=0.5"


async def walk_wordpress(walk: Walk, feed: Feed, api: str) -> bool:
    """All posts, if the feed is the one of all posts; whether they hold all of the feed's items."""
    state = walk.state("wordpress")
    if state.get("refused") == api:
        return False
    listed = tuple(walk.keys(feed.entries))
    missing = set(listed)
    whole, before = bool(state.get("whole")), int(state.get("page") or 0)
    page, last = 1, MAX_PAGES
    while page <= last:
        answer = await walk.get(posts_address(api, page), accept=JSON)
        if isinstance(answer, Failure):
            if not walk.is_final(answer, "WordPress's list of posts"):
                walk.add("wordpress", (), {"api": api, "page": max(page, before)})
                return False
            if page == 1:
                walk.finish("wordpress", refused=api)
                return False
            break  # past the end
        posts = parse_posts(answer.body, answer.headers, answer.url)
        keys = walk.keys(posts.entries) if posts else []
        if page == 1 and not are_the_feeds(tuple(keys), listed):
            if keys:
                walk.notes.append("WordPress's list of posts is not used: it holds others than this feed")
            walk.finish("wordpress", refused=api)
            return False
        if posts is None or not posts.entries:
            break
        missing -= set(keys)
        last = posts.pages or (page + 1 if len(posts.entries) == PER_PAGE else page)
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
