package sanitise

import "strings"

// Sets and tables of elements. They never change.

type set map[string]bool

func words(s string) set {
	m := set{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

var (
	// allowed is what may come out.
	allowed = words(`p div span br hr wbr nobr h1 h2 h3 h4 h5 h6 blockquote pre code center address article aside section header
		footer main nav figure figcaption hgroup details summary a abbr acronym b bdi bdo big cite del dfn em font i ins kbd mark q
		rp rt ruby s samp small strike strong sub sup time tt u var table caption colgroup col thead tbody tfoot tr th td
		ul ol li dl dt dd dir menu img`)

	// hidden goes with all that is in it. Its content is text to the tokenizer, or none of it is HTML.
	hidden = words(`script style title iframe noembed noframes noscript svg math template video audio canvas datalist frameset`)

	// renamed becomes another element that looks like it and does nothing.
	renamed = map[string]string{"form": "div", "fieldset": "div", "legend": "div", "dialog": "div", "marquee": "div", "search": "div",
		"option": "div", "textarea": "div", "button": "span", "label": "span", "blink": "span", "listing": "pre", "xmp": "pre",
		"plaintext": "pre", "image": "img"}

	void = words(`br hr wbr col img`)

	// formatting elements are opened again by a parser when something closes around them (HTML 13.2.4.3).
	formatting = words(`a b big code em font i nobr s small strike strong tt u`)

	// inline elements are closed by their own end tag alone, within one block.
	inline = words(`span abbr acronym bdi bdo cite del dfn ins kbd mark q rp rt ruby samp sub sup time var`)

	tableParts = words(`caption colgroup col thead tbody tfoot tr th td`)
	cells      = words(`td th caption`)

	// endsP closes a paragraph that is open.
	endsP = words(`address article aside blockquote center details dir div dl dt dd figcaption figure footer h1 h2 h3 h4 h5 h6 header
		hgroup hr li main menu nav ol p pre section summary table ul`)

	// endsForeign ends drawings and formulas (HTML 13.2.6.5).
	endsForeign = words(`b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu
		meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var`)

	// loads are attributes whose address is loaded without being asked.
	loads = words(`src srcset background poster data dynsrc lowsrc archive`)
)
