package courier

import (
	"html"
	"strings"
)

// plain is what a mail's HTML says to whoever reads plain text: lines where HTML
// breaks them, the addresses of links behind their texts, nothing of markup.
func plain(markup string) string {
	if !strings.Contains(markup, "<") {
		return html.UnescapeString(markup)
	}
	p := paper{from: -1}
	for rest := markup; rest != ""; {
		text, t, after := next(rest)
		p.say(html.UnescapeString(text))
		rest = after
		switch t.name {
		case "script", "style", "head", "title":
			if !t.end {
				rest = behind(rest, t.name)
			}
		case "a":
			p.link(t)
		case "br":
			p.lines++
		case "div", "tr", "li":
			p.lines = max(p.lines, 1)
		case "p", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr":
			p.lines = max(p.lines, 2)
		}
	}
	p.link(tag{end: true})
	return p.text.String()
}

// paper collects text with the white space that HTML shows.
type paper struct {
	text  strings.Builder
	blank bool // white space since the last word
	lines int  // line ends since the last word
	href  string
	from  int // where the text of the open link begins; -1 outside of links
}

func (p *paper) say(text string) {
	for _, r := range text {
		if strings.ContainsRune(" \t\n\r\f", r) {
			p.blank = true
			continue
		}
		switch {
		case p.text.Len() == 0:
		case p.lines > 0:
			p.text.WriteString("\n\n"[:min(p.lines, 2)])
		case p.blank:
			p.text.WriteByte(' ')
		}
		p.blank, p.lines = false, 0
		p.text.WriteRune(r)
	}
}

// link puts the address of a link behind its text, unless that is the address.
func (p *paper) link(t tag) {
	if p.from >= 0 {
		if shown := p.text.String()[p.from:]; p.href != "" && strings.TrimSpace(shown) != p.href {
			p.say(" (" + p.href + ")")
		}
		p.from = -1
	}
	if !t.end {
		p.href, p.from = t.href, p.text.Len()
	}
}

// tag is what stands between < and >: its name in lower case, "" for a comment
// and what is none.
type tag struct {
	name string
	end  bool   // </name>
	href string // of a link to a page
}

// next cuts the text before the first tag, and that tag, from markup.
func next(markup string) (text string, t tag, rest string) {
	for at := 0; ; {
		open := strings.IndexByte(markup[at:], '<')
		if open < 0 {
			return markup, tag{}, ""
		}
		open += at
		inside := markup[open+1:]
		if after, ok := strings.CutPrefix(inside, "!--"); ok {
			_, rest, _ := strings.Cut(after, "-->")
			return markup[:open], tag{}, rest
		}
		name := strings.TrimPrefix(inside, "/")
		if name == "" || !(isLetter(name[0]) || name[0] == '!' || name[0] == '?') {
			at = open + 1 // a < that is meant
			continue
		}
		length := tagLength(inside)
		return markup[:open], readTag(inside[:length]), strings.TrimPrefix(inside[length:], ">")
	}
}

// tagLength is where a tag ends: at a > outside of quotes.
func tagLength(inside string) int {
	var quote byte
	for i := range len(inside) {
		switch b := inside[i]; {
		case quote != 0 && b == quote:
			quote = 0
		case quote != 0:
		case b == '>':
			return i
		case (b == '"' || b == '\'') && i > 0 && inside[i-1] == '=':
			quote = b
		}
	}
	return len(inside)
}

func readTag(inside string) (t tag) {
	inside, t.end = strings.CutPrefix(inside, "/")
	name := inside
	if i := strings.IndexFunc(inside, func(r rune) bool { return !isLetter(byte(r)) && (r < '0' || r > '9') || r > 'z' }); i >= 0 {
		name = inside[:i]
	}
	t.name = strings.ToLower(name)
	if t.name == "a" && !t.end {
		t.href = href(inside)
	}
	return t
}

// href is the address of a link that a person may follow.
func href(inside string) string {
	at := strings.Index(strings.ToLower(inside), "href=")
	if at < 0 || len(strings.ToLower(inside)) != len(inside) {
		return ""
	}
	value := inside[at+len("href="):]
	if value != "" && (value[0] == '"' || value[0] == '\'') {
		value, _, _ = strings.Cut(value[1:], value[:1])
	} else if i := strings.IndexAny(value, " \t\r\n"); i >= 0 {
		value = value[:i]
	}
	value = strings.TrimSpace(html.UnescapeString(value))
	for _, scheme := range []string{"https://", "http://", "mailto:"} {
		if strings.HasPrefix(strings.ToLower(value), scheme) {
			return value
		}
	}
	return ""
}

// behind is what follows the end of an element whose content nobody reads.
func behind(markup, name string) string {
	for rest := markup; rest != ""; {
		_, t, after := next(rest)
		if t.end && t.name == name {
			return after
		}
		rest = after
	}
	return ""
}

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }
