"""The web page in a headless Chromium, against a server whose worker is killed."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Route, expect

from .browser import Tab, chromium
from .hooks import hook
from .servers import House, Server

KEY = "sk-page"
EVIL = "<script>hurt=1</script><img src=x onerror=hurt=1> [run](javascript:hurt=1) **bold**\n```\n1 < 2\n```"
WEATHER = """[{"type": "function", "function": {"name": "get_weather", "description": "Get the weather for a city",
  "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]"""
# What is shown for a moment may be gone before a test looks.
REMEMBER_PAUSES = """() => {
  window.pauses = [];
  new MutationObserver(() => {
    for (const pause of document.querySelectorAll('.pause:not([hidden])')) window.pauses.push(pause.textContent);
  }).observe(document.getElementById('messages'), {subtree: true, childList: true, attributes: true});
}"""
# So that an answer is still under way when the browser has shown its beginning.
SLOW_STEPS = """
import sys, time
if "worker" in sys.orig_argv:
    from mlx_llm_server.worker.engine import Engine
    step = Engine.step
    def step_slowly(engine):
        time.sleep(0.004)
        return step(engine)
    Engine.step = step_slowly
"""
SERIOUS = {"serious", "critical"}


def counted_to(last: int) -> str:
    """Return what the demo model says."""
    return ", ".join(map(str, range(1, last + 1)))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serves the demo model to those who have the key; it is of no use without a browser."""
    house = House()
    try:
        yield house.up(None, MLX_SERVE_API_KEY=KEY, PYTHONPATH=hook(tmp_path_factory.mktemp("slow"), SLOW_STEPS))
    finally:
        house.close()


@pytest.fixture(scope="module")
def only_tab(browser: Browser, server: Server) -> Tab:
    return Tab(browser, server)


@pytest.fixture
def tab(only_tab: Tab) -> Iterator[Tab]:
    only_tab.begin(KEY)
    yield only_tab
    only_tab.check()


def test_a_key_is_asked_for_and_a_wrong_one_is_not_taken(tab: Tab) -> None:
    tab.begin(None)
    expect(tab.page.locator("#key")).to_be_visible()
    tab.page.fill("#key-input", "sk-wrong")
    tab.page.press("#key-input", "Enter")
    expect(tab.page.locator("#key-error")).to_have_text("This key is not accepted.")
    tab.page.fill("#key-input", KEY)
    tab.page.press("#key-input", "Enter")
    expect(tab.page.locator("#key")).to_be_hidden()
    expect(tab.page.locator("#set-model")).to_have_value("mlx-llm-server-demo")


def test_an_answer_comes_piece_by_piece_is_stopped_and_made_anew(tab: Tab, server: Server) -> None:
    tab.set("temperature", "0")
    tab.set("other", '{"ignore_eos": true}')
    tab.ask("Count from 1 to 30.")
    tab.wait_for_text("3, 4")
    assert tab.page.locator(".assistant[aria-busy=true]").count() == 1
    tab.page.keyboard.press("Escape")
    tab.wait_for_end()
    assert tab.text.startswith("1, 2, 3, 4")
    assert "stopped" in tab.stats
    server.wait_idle()
    expect(tab.page.locator("#prompt")).to_be_focused()

    tab.set("other", "")
    tab.page.get_by_role("button", name="Regenerate").click()
    tab.wait_for_text("29, 30$")
    tab.wait_for_end()
    assert tab.text == counted_to(30)
    assert re.fullmatch(r"\d+ tokens · [\d.]+ tokens/s · first after [\d.]+ s · prompt of \d+.*", tab.stats)
    assert tab.page.locator(".message").count() == 2

    tab.page.reload()
    assert tab.text == counted_to(30)


def test_a_workers_death_is_a_pause_in_the_chat_and_an_event_in_the_status(tab: Tab, server: Server) -> None:
    (worker,) = server.workers()
    tab.set("temperature", "0")
    tab.ask("Count from 1 to 100.")
    tab.page.evaluate(REMEMBER_PAUSES)
    tab.wait_for_text("3, 4")
    os.kill(worker["pid"], signal.SIGKILL)
    tab.wait_for_text("100$")
    tab.wait_for_end()
    assert tab.text == counted_to(100)
    assert re.search(r"worker-1 died: paused [\d.]+ s", tab.stats)
    pauses = tab.page.evaluate("window.pauses")
    assert any("worker-1 died (killed by SIGKILL). The answer goes on" in pause for pause in pauses), pauses
    expect(tab.page.locator(".pause")).to_be_hidden()

    tab.page.get_by_role("link", name="Status").click()
    expect(tab.page.locator(".events .died").first).to_contain_text(
        "worker-1 died: killed by SIGKILL; it had 1 answer"
    )
    expect(tab.page.locator(".events .resumed").first).to_contain_text("worker-1 goes on with 1 answer")
    expect(tab.page.get_by_role("table", name="Workers").get_by_role("row")).to_have_count(2)
    tab.page.locator(".crashes summary").first.click()
    expect(tab.page.locator(".crashes pre").first).to_contain_text('"exit_code": -9')


def test_thoughts_and_calls_are_folded_and_results_can_be_given(tab: Tab) -> None:
    tab.set("temperature", "0")
    tab.set("thinking", "yes")
    tab.ask("What is 17 + 25?")
    tab.wait_for_text("42")
    thoughts = tab.page.locator(".thoughts")
    expect(thoughts.locator(".text")).to_be_hidden()
    thoughts.locator("summary").click()
    expect(thoughts.locator(".text")).to_contain_text("17 + 25")
    tab.wait_for_end()

    tab.set("thinking", "")
    tab.set("tools", WEATHER)
    tab.page.once("dialog", lambda dialog: dialog.accept())
    tab.page.get_by_role("button", name="New chat").click()
    tab.ask("What is the weather in Paris?")
    call = tab.page.locator("details.call")
    expect(call.locator("summary")).to_have_text("Call of get_weather")
    expect(call.locator("pre")).to_be_hidden()
    tab.page.get_by_label("Result of get_weather").fill('{"temperature": 18, "sky": "cloudy"}')
    tab.page.get_by_role("button", name="Send the results").click()
    tab.wait_for_text("The temperature is 18 and the sky is cloudy.")
    tab.wait_for_end()


def test_a_request_that_is_refused_says_why(tab: Tab) -> None:
    tab.set("other", '{"nonsense": 1}')
    tab.ask("Hi")
    expect(tab.page.locator(".error:visible")).to_contain_text("nonsense")
    tab.set("other", "{")
    tab.page.get_by_role("button", name="Regenerate").click()
    expect(tab.page.locator(".error:visible")).to_contain_text("Other fields: that is no JSON")


def test_what_looks_like_a_script_stays_text_and_what_is_shown_is_accessible(tab: Tab) -> None:
    tab.set("other", json.dumps({"structured_outputs": {"choice": [EVIL]}}))
    tab.ask(EVIL)
    tab.wait_for_text("bold")
    tab.wait_for_end()

    assert tab.page.locator(".user .text").inner_text() == EVIL
    assert tab.text.startswith("<script>hurt=1</script><img src=x onerror=hurt=1> [run](javascript:hurt=1) bold")
    assert tab.page.locator(".assistant strong").inner_text() == "bold"
    assert tab.page.locator("figure.code code").inner_text() == "1 < 2"
    assert tab.page.locator("#messages :is(script, img, a)").count() == 0
    assert tab.page.evaluate("window.hurt") is None

    axe = Axe()
    for view, shown in (("Chat", ".assistant .stats"), ("Status", ".line")):
        tab.page.get_by_role("link", name=view).click()
        tab.page.locator(shown).first.wait_for()
        for scheme in ("light", "dark"):
            tab.page.emulate_media(color_scheme=scheme)
            found = axe.run(tab.page).response["violations"]
            faults = [f"{fault['id']}: {fault['nodes']}" for fault in found if fault["impact"] in SERIOUS]
            assert faults == [], (view, scheme)


def test_the_theme_is_the_systems_until_another_is_chosen(tab: Tab) -> None:
    tab.page.emulate_media(color_scheme="dark")
    grounds: list[str] = []
    for theme in ("auto", "light", "dark"):
        expect(tab.page.locator("#theme")).to_have_text(f"Theme: {theme}")
        grounds.append(tab.page.evaluate("getComputedStyle(document.body).backgroundColor"))
        tab.page.locator("#theme").click()
    auto, light, dark = grounds
    assert auto == dark != light


def test_it_works_below_a_path_and_fits_a_phone(tab: Tab, server: Server) -> None:
    """A proxy that takes a path off is played by the browser, which asks the server for what is behind it."""

    def without_path(route: Route) -> None:
        route.continue_(url=route.request.url.replace("/llm/", "/", 1))

    tab.page.route("**/llm/**", without_path)
    tab.page.set_viewport_size({"width": 360, "height": 740})
    tab.page.goto(f"{server.url}/llm/")
    expect(tab.page.locator("#set-model")).to_have_value("mlx-llm-server-demo")
    for view in ("Status", "Chat"):
        tab.page.get_by_role("link", name=view).click()
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= 360
    tab.page.goto(f"{server.url}/llm/#status")
    tab.page.locator(".workers td").first.wait_for()
    assert tab.page.evaluate("document.querySelector('#status').scrollWidth") <= 360
    tab.page.unroute_all()
    tab.page.set_viewport_size({"width": 700, "height": 500})


MARKDOWN = [
    ("a *b* **c** `d` ~~e~~", "<p>a <em>b</em> <strong>c</strong> <code>d</code> <del>e</del></p>"),
    ("snake_case_name and 2*3*4", "<p>snake_case_name and 2<em>3</em>4</p>"),
    ("# Title #\ntext\nmore", "<h3>Title</h3><p>text<br>more</p>"),
    ("- a\n- b\n  - c\n\n1. d", '<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul><ol start="1"><li>d</li></ol>'),
    ("> a\n> b", "<blockquote>a<br>b</blockquote>"),
    ("\\*a\\* &lt; <b>c</b>", "<p>*a* &amp;lt; &lt;b&gt;c&lt;/b&gt;</p>"),
    ("***\n___", "<hr><hr>"),
    ("![x](https://a.example/i.png)", "<p><a>image: x</a></p>"),
    ("[x](javascript:alert(1)) [y](data:text/html,z)", "<p>[x](javascript:alert(1)) [y](data:text/html,z)</p>"),
    ("at https://a.example/b_(d). [e](http://f.example)", "<p>at <a>https://a.example/b_(d)</a>. <a>e</a></p>"),
    ("**open and `open", "<p>**open and `open</p>"),
]  # fmt: skip


def test_markdown_becomes_elements(tab: Tab) -> None:
    shown = tab.page.evaluate(
        """async (texts) => {
          const {show} = await import(new URL('page/markdown.js', document.baseURI));
          return texts.map((text) => {
            const element = document.createElement('div');
            show(element, text);
            for (const link of element.querySelectorAll('a')) {
              if (!/^https?:/.test(link.href) || !link.rel.includes('noopener')) throw new Error(link.outerHTML);
              for (const {name} of [...link.attributes]) link.removeAttribute(name);
            }
            return element.innerHTML;
          });
        }""",
        [text for text, _ in MARKDOWN],
    )
    assert shown == [html for _, html in MARKDOWN]


def test_markdown_that_grows_is_shown_as_if_it_came_at_once(tab: Tab) -> None:
    text = (
        "# A\n\nb **c\nd** e\n\n```js\nlet x;\n\n```\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n* i\n\n  j\n* k\n\nend"
        + "*" * 300
    )
    same = tab.page.evaluate(
        """async (text) => {
          const {show} = await import(new URL('page/markdown.js', document.baseURI));
          const [grown, whole] = [document.createElement('div'), document.createElement('div')];
          for (let length = 0; length <= text.length; length += 9) show(grown, text.slice(0, length));
          show(grown, text);
          show(whole, text);
          return grown.innerHTML === whole.innerHTML && whole.querySelectorAll('h3, pre, table, li').length === 5;
        }""",
        text,
    )
    assert same
