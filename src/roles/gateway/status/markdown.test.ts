import { expect, test } from "bun:test";
import { markdownHtml, markdownText } from "./markdown.ts";

test("what is understood becomes tags, and nothing of the author's is one", () => {
  expect(markdownHtml("**Bold** and *soft*, `a < b`\nnext")).toBe("<p><strong>Bold</strong> and <em>soft</em>, <code>a &lt; b</code><br>next</p>");
  expect(markdownHtml("- one\n- two\n\n1. first\n2. second")).toBe("<ul><li>one</li><li>two</li></ul><ol><li>first</li><li>second</li></ol>");
  expect(markdownHtml("[us](https://shop.example/?a=1&b=2)")).toBe('<p><a href="https://shop.example/?a=1&amp;b=2" rel="nofollow noopener">us</a></p>');
  for (const hostile of ["<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", '[x](https://a" onclick="y)', "`</code><script>`", "**<b>**"]) {
    expect(markdownHtml(hostile)).not.toMatch(/<(img|script|b)|href="javascript|" onclick/);
  }
});

test("as text the marks are gone and addresses stay", () => {
  expect(markdownText("**Bold** [us](https://shop.example) `x`")).toBe("Bold us (https://shop.example) x");
});
