package sanitise

import (
	"regexp"
	"strings"
)

// checker says whether a value (in small letters, but for names of fonts) may stay, and how it is written.
type checker func(v string) (string, bool)

var (
	colorFunc    = regexp.MustCompile(`^(rgb|rgba|hsl|hsla)\([0-9., %/+deg-]{1,60}\)$`)
	hexColor     = regexp.MustCompile(`^#([0-9a-f]{3}|[0-9a-f]{4}|[0-9a-f]{6}|[0-9a-f]{8})$`)
	colorPart    = regexp.MustCompile(`(rgb|rgba|hsl|hsla)\([0-9., %/+deg-]{1,60}\)`)
	gradientFunc = regexp.MustCompile(`^(repeating-)?(linear|radial)-gradient\([#0-9a-z%., -]+\)$`)
	fontFamily   = regexp.MustCompile(`^[\p{L}\p{N} ,'"&._+-]+$`)
	legacy       = regexp.MustCompile(`^#?[0-9A-Za-z]{1,20}$`)
)

// colorNames are those of CSS Color 4.
var colorNames = words(`transparent currentcolor aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue
	blueviolet brown burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan
	darkgoldenrod darkgray darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon
	darkseagreen darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey dodgerblue
	firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green greenyellow grey honeydew hotpink
	indianred indigo ivory khaki lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan lightgoldenrodyellow
	lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue lightslategray lightslategrey lightsteelblue
	lightyellow lime limegreen linen magenta maroon mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen
	mediumslateblue mediumspringgreen mediumturquoise mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite navy
	oldlace olive olivedrab orange orangered orchid palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru
	pink plum powderblue purple rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown seagreen seashell sienna silver
	skyblue slateblue slategray slategrey snow springgreen steelblue tan teal thistle tomato turquoise violet wheat white whitesmoke
	yellow yellowgreen windowtext window buttonface canvas canvastext`)

func color(v string) (string, bool) {
	return v, colorNames[v] || hexColor.MatchString(v) || colorFunc.MatchString(v)
}

// gradient is one of plain colours.
func gradient(v string) bool {
	v = colorPart.ReplaceAllString(v, "red")
	return len(v) <= maxValue && gradientFunc.MatchString(v)
}

func isLegacyColor(v string) bool {
	if legacy.MatchString(v) {
		return true
	}
	_, ok := color(strings.ToLower(v))
	return ok
}

func isHex(v string) bool {
	return (len(v) == 3 || len(v) == 6) && strings.Trim(strings.ToLower(v), "0123456789abcdef") == "" && !colorNames[strings.ToLower(v)]
}

func global(v string) bool { return v == "inherit" || v == "initial" || v == "unset" }

// keywords is a value out of a list.
func keywords(list string) checker {
	m := words(list)
	return func(v string) (string, bool) { return v, m[v] || global(v) }
}

// within is a length between limits in pixels, and a share between limits; or one of the words.
func within(low, high, share float64, list string) checker {
	m := words(list)
	return func(v string) (string, bool) {
		if m[v] || global(v) {
			return v, true
		}
		n, unit, ok := length(v)
		if !ok || unit == "" && n != 0 {
			return "", false
		}
		if unit == "%" {
			return v, n >= min(low, 0) && n <= share
		}
		n *= unitPx[unit]
		return v, n >= low && n <= high
	}
}

// upTo is a number or share without a unit, or else a length.
func upTo(number float64, other checker) checker {
	return func(v string) (string, bool) {
		if n, unit, ok := length(v); ok && unit == "" {
			return v, n >= 0 && n <= number
		}
		return other(v)
	}
}

// each is one to most values of a kind.
func each(most int, kind checker) checker {
	return func(v string) (string, bool) {
		all := tokens(v)
		for i, t := range all {
			var ok bool
			if all[i], ok = kind(t); !ok {
				return "", false
			}
		}
		return strings.Join(all, " "), len(all) > 0 && len(all) <= most
	}
}

func anyOf(kinds ...checker) checker {
	return func(v string) (string, bool) {
		for _, k := range kinds {
			if out, ok := k(v); ok {
				return out, true
			}
		}
		return "", false
	}
}

// margin is a length; what reaches out of the box is nothing.
func margin(v string) (string, bool) {
	if n, _, ok := length(v); ok && n < 0 {
		return "0", true
	}
	return within(0, 600, 100, "auto")(v)
}

func families(v string) (string, bool) {
	v = strings.ReplaceAll(v, `"`, "'")
	return v, strings.Count(v, "'")%2 == 0 && fontFamily.MatchString(v)
}

// font is the short form: style, variant and weight in any order, size and line height, family.
func font(v string) []declaration {
	var out []declaration
	rest := tokens(v)
	for len(rest) > 0 {
		low := strings.ToLower(rest[0])
		switch {
		case low == "normal":
		case low == "italic" || low == "oblique":
			out = append(out, declaration{prop: "font-style", val: low})
		case low == "small-caps":
			out = append(out, declaration{prop: "font-variant", val: low})
		case oneOf(low, "bold bolder lighter 100 200 300 400 500 600 700 800 900"):
			out = append(out, declaration{prop: "font-weight", val: low})
		default:
			size, height, both := strings.Cut(low, "/")
			if _, ok := properties["font-size"](size); !ok {
				return nil
			}
			out = append(out, declaration{prop: "font-size", val: size})
			if both {
				if _, ok := properties["line-height"](height); ok {
					out = append(out, declaration{prop: "line-height", val: height})
				}
			}
			if v, ok := families(strings.Join(rest[1:], " ")); ok {
				out = append(out, declaration{prop: "font-family", val: v})
			}
			return out
		}
		rest = rest[1:]
	}
	return out
}

// shadow is one that stays close to its element.
func shadow(v string) (string, bool) {
	if v == "none" {
		return v, true
	}
	return each(6, anyOf(color, keywords("inset"), within(-12, 24, 0, "")))(v)
}

var properties = makeProperties()

func makeProperties() map[string]checker {
	line := keywords("none hidden dotted dashed solid double groove ridge inset outset")
	thick := within(0, 60, 0, "thin medium thick")
	border := each(3, anyOf(line, thick, color))
	gap := within(0, 600, 100, "")
	space := within(0, 300, 50, "normal")
	width := within(0, 2000, 100, "auto none min-content max-content fit-content")
	height := within(0, 2000, 100, "auto none min-content max-content fit-content")
	tint := anyOf(color, keywords(""))
	m := map[string]checker{
		"background": tint, "background-image": tint, "font": families, // see expand
		"color": tint, "background-color": tint,
		"background-repeat": each(2, keywords("repeat no-repeat repeat-x repeat-y")),
		"background-size":   each(2, within(0, 2000, 100, "auto cover contain")), "background-position": each(2, within(0, 2000, 100, "left right center top bottom")),
		"font-family": families, "font-size": within(0, 200, 600, "xx-small x-small small medium large x-large xx-large smaller larger"),
		"font-style": keywords("normal italic oblique"), "font-weight": keywords("normal bold bolder lighter 100 200 300 400 500 600 700 800 900"),
		"font-variant": keywords("normal small-caps"), "line-height": upTo(6, within(0, 200, 600, "normal")),
		"letter-spacing": within(-3, 30, 0, "normal"), "word-spacing": within(-3, 50, 0, "normal"),
		"text-align": keywords("left right center justify start end -webkit-center"), "text-indent": within(-100, 300, 50, ""),
		"vertical-align":       within(-30, 30, 100, "baseline top middle bottom text-top text-bottom sub super"),
		"text-decoration":      each(4, anyOf(keywords("none underline overline line-through solid double dotted dashed wavy"), color)),
		"text-decoration-line": each(3, keywords("none underline overline line-through")), "text-decoration-color": tint,
		"text-decoration-style": keywords("solid double dotted dashed wavy"),
		"text-transform":        keywords("none capitalize uppercase lowercase"), "text-overflow": keywords("clip ellipsis"),
		"white-space": keywords("normal nowrap pre pre-wrap pre-line break-spaces"), "tab-size": upTo(16, keywords("")),
		"word-break": keywords("normal break-all keep-all break-word"), "overflow-wrap": keywords("normal break-word anywhere"),
		"word-wrap": keywords("normal break-word"), "hyphens": keywords("none manual auto"), "line-break": keywords("auto loose normal strict anywhere"),
		"direction": keywords("ltr rtl"), "unicode-bidi": keywords("normal embed isolate bidi-override isolate-override plaintext"),
		"writing-mode": keywords("horizontal-tb vertical-rl vertical-lr"),
		"list-style":   each(2, keywords(listTypes+" inside outside")), "list-style-type": keywords(listTypes),
		"list-style-position": keywords("inside outside"),
		"display": keywords(`block inline inline-block none table table-row table-cell table-row-group table-header-group table-footer-group
			table-column table-column-group table-caption inline-table list-item flex inline-flex grid flow-root`),
		"visibility": keywords("visible hidden collapse"), "opacity": upTo(1, within(0, 0, 100, "")),
		"float": keywords("left right none"), "clear": keywords("left right both none"), "overflow": keywords("visible hidden auto scroll"),
		"overflow-x": keywords("visible hidden auto scroll"), "overflow-y": keywords("visible hidden auto scroll"),
		"width": width, "min-width": width, "max-width": width, "height": height, "min-height": height, "max-height": height,
		"box-sizing": keywords("border-box content-box"), "box-shadow": shadow, "text-shadow": shadow,
		"border-collapse": keywords("collapse separate"), "border-spacing": each(2, within(0, 100, 0, "")),
		"table-layout": keywords("auto fixed"), "caption-side": keywords("top bottom"), "empty-cells": keywords("show hide"),
		"border-radius": each(4, within(0, 1e5, 100, "")), "object-fit": keywords("fill contain cover none scale-down"),
		"flex-direction": keywords("row column"), "flex-wrap": keywords("nowrap wrap"), "gap": each(2, space),
		"justify-content": keywords("normal start end left right center flex-start flex-end space-between space-around space-evenly"),
		"align-items":     keywords("normal stretch center start end flex-start flex-end baseline"),
		"flex":            each(3, upTo(100, within(0, 2000, 100, "none auto"))),
		"margin":          each(4, margin), "padding": each(4, gap),
		"border": border, "border-color": each(4, tint), "border-width": each(4, thick), "border-style": each(4, line),
	}
	for _, side := range []string{"top", "right", "bottom", "left"} {
		m["margin-"+side], m["padding-"+side] = margin, gap
		m["border-"+side], m["border-"+side+"-width"], m["border-"+side+"-style"], m["border-"+side+"-color"] = border, thick, line, tint
	}
	for _, corner := range []string{"top-left", "top-right", "bottom-left", "bottom-right"} {
		m["border-"+corner+"-radius"] = each(2, within(0, 1e5, 100, ""))
	}
	return m
}

const listTypes = `none disc circle square decimal decimal-leading-zero lower-alpha upper-alpha lower-latin upper-latin lower-roman
	upper-roman lower-greek hebrew armenian georgian cjk-decimal hiragana katakana arabic-indic persian thai devanagari`
