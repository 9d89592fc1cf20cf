// Package sanitise makes the HTML of strangers harmless and keeps its look.
//
// What happens when things fail: there is no error. What is too large is cut, what is nested too deep
// is flattened, what asks for too much work loses its markup from there on, and what does not come to
// rest (see below) is shown as its text alone. Text that a reader would have seen is kept in all cases.
//
// What comes out is safe by itself, in any page, without a frame or a policy around it; those are a
// second line. It runs nothing, loads nothing by itself (besides the images that its caller
// gives addresses to), takes no part in the page's styles, names or forms, and draws nothing outside
// its own box, whose style contains and clips it.
//
// How: tokens of the source are filtered first, which bounds nesting and work and drops all that is not
// HTML proper (scripts, foreign content, frames, comments). What is left is parsed to a tree by the
// rules of HTML, each element and attribute is looked up in tables of what may stay, and the tree is
// written out balanced. That is repeated on its own output until nothing changes, and the output must
// parse to the very tree it was written from: so no second parser sees another thing in it.
//
//   - Stays: text structure, lists with their starts and types, tables with spans, alignment, borders and
//     backgrounds, font, center, bdo and dir, the alternative text of images, preformatted text.
//   - Styles: a list of properties, each with values that are checked. Rules of style sheets are written
//     into the elements they select (media rules as for a screen 800 pixels wide), because classes go:
//     they would take part in the page's own styles. No position, transform, z-index, negative margin,
//     animation or variable; no function but plain colours; no address.
//   - Images: data: and cid: ones in raster formats. Remote ones are counted and show their alternative
//     text, unless the caller gives them addresses of its own.
//   - Links: http, https, mailto, tel, and places inside the mail, whose names get a prefix. They open
//     elsewhere and tell nobody where from.
//   - Text of forms and of unknown elements stays, their function goes. Scripts, style sheets, titles,
//     comments, drawings and formulas, media and templates go with all that is in them.
package sanitise
