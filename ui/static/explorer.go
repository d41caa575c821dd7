package static

import "sync"

// explorer is what only the API's explorer loads. It is large, and compressed when
// somebody first opens it, so that no other page waits for it.
var explorer = sync.OnceValue(func() catalogue {
	c := catalogue{address: map[string]string{}, asset: map[string]asset{}}
	for _, name := range []string{"react.production.min.js", "react-dom.production.min.js", "graphiql.min.js"} {
		c.add(explorerFolder+name, "text/javascript; charset=utf-8", read("vendor/"+name))
	}
	c.add(explorerFolder+"graphiql.min.css", "text/css; charset=utf-8", read("vendor/graphiql.min.css"))
	c.add(explorerFolder+"explorer.js", "text/javascript; charset=utf-8", read("explorer.js"))
	c.add(explorerFolder+"explorer.css", "text/css; charset=utf-8", read("explorer.css"))
	return c
})

const explorerFolder = "explorer/"

// ExplorerURL is [URL] for the files of the API's explorer.
func ExplorerURL(name string) string {
	address, ok := explorer().address[explorerFolder+name]
	if !ok {
		panic("static: no file " + name + " of the explorer") // a misspelt template, found by any test of the page
	}
	return address
}
