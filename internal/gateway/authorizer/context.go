package authorizer

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// Context is what an authorizer hands on to the integration, and to access logs
// and mappings as $context.authorizer.{name}.
type Context struct {
	texts map[string]string
	// Typed is the context as it was answered, one JSON object; null without one.
	Typed []byte
	// Members is principalId and the context as members of a JSON object, without
	// its braces: texts, as a REST API's function sees them. Never empty.
	Members []byte

	values map[string]json.RawMessage
}

// Text is one value as text: of a number or boolean, as it was written; of what
// is nested, its JSON. null has none.
func (c *Context) Text(name string) (text string, ok bool) {
	text, ok = c.texts[name]
	return text, ok
}

// readContext holds a context to what its form may have.
func readContext(form Form, raw json.RawMessage) (Context, error) {
	c := Context{Typed: []byte("null")}
	if len(raw) == 0 || string(raw) == "null" {
		return c, nil
	}
	if json.Unmarshal(raw, &c.values) != nil {
		return Context{}, malformed("context is no JSON object")
	}
	if _, claims := c.values["claims"]; claims && form == HTTP1 {
		return Context{}, malformed("context has the member claims, which API Gateway keeps to itself")
	}
	var typed bytes.Buffer
	if err := json.Compact(&typed, raw); err != nil {
		return Context{}, malformed("context is not JSON")
	}
	c.Typed = typed.Bytes()
	c.texts = make(map[string]string, len(c.values))
	for name, value := range c.values {
		switch value[0] {
		case '{', '[':
			if form == REST {
				return Context{}, malformed("the context's %q is an object or a list, which a REST API hands on to nobody", name)
			}
			var compact bytes.Buffer
			_ = json.Compact(&compact, value) // it was read already
			c.texts[name] = compact.String()
		case '"':
			var text string
			_ = json.Unmarshal(value, &text)
			c.texts[name] = text
		case 'n':
		default:
			c.texts[name] = string(value)
		}
	}
	return c, nil
}

// own are members of requestContext.authorizer that the gateway itself writes: a
// context that has them too does not speak over it.
func own(name string) bool { return name == "principalId" || name == "integrationLatency" }

// write makes Members. The order of the names is fixed, so that events are alike.
func (c *Context) write(principal string) {
	b := appendJSON([]byte(`"principalId":`), principal)
	for _, name := range slices.Sorted(maps.Keys(c.values)) {
		if own(name) {
			continue
		}
		b = append(b, ',')
		b = appendJSON(b, name)
		b = append(b, ':')
		switch value := c.values[name]; value[0] {
		case 'n':
			b = append(b, "null"...)
		case '{', '[':
			b = append(b, c.texts[name]...)
		default:
			b = appendJSON(b, c.texts[name])
		}
	}
	c.Members, c.values = b, nil
	if principal != "" {
		if c.texts == nil {
			c.texts = map[string]string{}
		}
		c.texts["principalId"] = principal
	} else {
		delete(c.texts, "principalId")
	}
	delete(c.texts, "integrationLatency")
}

func appendJSON(b []byte, text string) []byte {
	encoded, _ := json.Marshal(text) // a string always encodes
	return append(b, encoded...)
}

// maxDepth is how deep an answer may be nested.
const maxDepth = 32
