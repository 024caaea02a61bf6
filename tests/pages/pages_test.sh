#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The pages of report and diff in a real browser, as a script reads them there: nothing is wider than a desk's window, nor the page
# itself than a telephone, every chart has its table, and nothing is drawn outside its chart. Run by `make pages`, which installs Chromium.
set -u
cd "$(dirname "$0")/../.."
trifecta=$(realpath "${BUILD:-build}/trifecta") world=$(realpath "${BUILD:-build}/world")
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT
command -v chromium >/dev/null || { printf '[  SKIPPED ] pages: chromium is not installed, nor can it be\n'; exit 0; }

# What the browser says of PAGE at WIDTH: its title is made of what a script finds. The page itself forbids scripts.
cat >"$work/script" <<'E2'
window.onload = function () {
    var found = [], page = document.documentElement, all = function (what) { return Array.from(document.querySelectorAll(what)); };
    found.push("page " + (page.scrollWidth - page.clientWidth));
    all(".scroll").forEach(function (e) { if (e.scrollWidth > e.clientWidth) found.push("wide " + e.getAttribute("aria-label")); });
    all("section").forEach(function (e) { if (e.querySelector("svg") && !e.querySelector("table")) found.push("no table " + e.id); });
    all("svg text").forEach(function (e) {
        var box = e.getBBox(), room = e.ownerSVGElement.viewBox.baseVal;
        if (box.x < -1 || box.x + box.width > room.width + 1 || box.y + box.height > room.height + 1) found.push("outside " + e.textContent);
    });
    all("svg").forEach(function (chart) { /* labels of a row of one height must not touch */
        var labels = Array.from(chart.querySelectorAll("text.mid")).map(function (e) { return e.getBBox(); });
        labels.forEach(function (a, i) { labels.slice(i + 1).forEach(function (b) {
            if (Math.abs(a.y - b.y) < 1 && a.x < b.x + b.width + 3 && b.x < a.x + a.width + 3) found.push("touching in " + chart.querySelector("title").textContent); }); });
    });
    found.push("charts " + all("svg").length);
    document.title = found.join("|");
};
E2
look() { # PAGE WIDTH
    sed 's/<meta http-equiv="Content-Security-Policy"[^>]*>//' "$1" >"$work/page.html"
    { echo '<script>'; cat "$work/script"; echo '</script>'; } >>"$work/page.html"
    rm -rf "$work/profile"
    timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync \
        --user-data-dir="$work/profile" --hide-scrollbars --window-size="$2,1000" --dump-dom "file://$work/page.html" 2>/dev/null |
        sed -n 's/.*<title>\([^<]*|charts [0-9]*\)<\/title>.*/\1/p' | tr '|' '\n'
}
# PAGE WIDTH CHARTS NAME: nothing found but as many charts, and scrolling regions where they are allowed
fits() {
    look "$1" "$2" >"$work/seen"
    [ "$2" -gt 1000 ] || sed -i '/^wide /d' "$work/seen"
    [ "$(sed 's/^charts [0-9]*$/charts/' "$work/seen" | paste -sd' ')" = "page 0 charts" ] && [ "$(sed -n 's/^charts //p' "$work/seen")" -ge "$3" ] && ok "$4" || bad "$4: $(head -5 "$work/seen" | paste -sd';')"
}

"$world" --print-list 3000 --profile toplist 2>/dev/null | awk 'BEGIN { print "rank,domain,customer" } { print NR * NR "," $1 ",customer-" NR % 40 }' >"$work/list.csv"
for seed in 1 2; do
    start_world --seed $seed --profile toplist --servfail 2 || { bad "the world"; exit 1; }
    "$trifecta" scan "$work/list.csv" -q -r "$WORLD" --timeout 500ms --retries 1 --second-pass no --records full --tag-column customer -o "$work/$seed.ndjson" || bad "a scan"
    stop_servers
done
"$trifecta" report "$work/1.ndjson" -o "$work/report.html" || bad "report"
"$trifecta" diff "$work/1.ndjson" "$work/2.ndjson" -o "$work/diff.html"
for page in report diff; do
    charts=$([ $page = report ] && echo 25 || echo 0)
    fits "$work/$page.html" 1280 $charts "$page: on a desk"
    fits "$work/$page.html" 500 $charts "$page: on a telephone" # narrower no window of Chromium's is
done
# As many names again, so that numbers are as long as they get: the report of a list of millions.
sed -E 's/[0-9]{1,3}(,[0-9]{3})? of [0-9]{1,3}(,[0-9]{3})?</547,254 of 888,580</g' "$work/report.html" >"$work/long.html"
fits "$work/long.html" 1280 25 "report: numbers of a list of a million"
sed 's/<\/main>/<div class="scroll" aria-label="x"><p style="min-width:3000px">x<\/p><\/div><\/main>/' "$work/report.html" >"$work/bad.html"
look "$work/bad.html" 1280 | grep -q '^wide x$' && ok "what is too wide would be found" || bad "what is too wide is not found"
exit $failed
