#!/bin/sh
# Copies the browser-side files that package.json pins to ui/static/vendor and
# writes their manifest (package, version, licence, SHA-256). Needs node and npm;
# the copies are committed, so building and running does not.
set -eu
cd "$(dirname "$0")/.."
npm ci --ignore-scripts --no-audit --no-fund --silent
out=ui/static/vendor
rm -rf "$out"
mkdir -p "$out"

manifest=
# vendor PACKAGE FILE NAME
vendor() {
	cp "node_modules/$1/$2" "$out/$3"
	if [ -f "node_modules/$1/LICENSE" ]; then
		cp "node_modules/$1/LICENSE" "$out/$3.LICENSE"
	fi
	sum=$(sha256sum "$out/$3" | cut -d' ' -f1)
	version=$(node -p "require('./node_modules/$1/package.json').version")
	licence=$(node -p "require('./node_modules/$1/package.json').license")
	manifest="$manifest${manifest:+,
}  {\"file\": \"$3\", \"package\": \"$1\", \"version\": \"$version\", \"licence\": \"$licence\", \"source\": \"$2\", \"sha256\": \"$sum\"}"
}

vendor htmx.org dist/htmx.min.js htmx.min.js
vendor htmx.org dist/ext/hx-sse.min.js hx-sse.min.js
vendor @govtechsg/sgds-web-component themes/root.css root.css
vendor @govtechsg/sgds-web-component themes/day.css day.css
vendor @fontsource-variable/inter files/inter-latin-wght-normal.woff2 inter-latin-wght-normal.woff2
# The API's explorer.
vendor graphiql graphiql.min.js graphiql.min.js
vendor graphiql graphiql.min.css graphiql.min.css
vendor react umd/react.production.min.js react.production.min.js
vendor react-dom umd/react-dom.production.min.js react-dom.production.min.js
printf '[\n%s\n]\n' "$manifest" >"$out/manifest.json"
