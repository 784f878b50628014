package template

// readGlobals keeps the defaults that SAM has for all functions and APIs.
func (l *loader) readGlobals(n *node) {
	l.globals = map[string]*node{}
	if n == nil {
		return
	}
	if !l.sam {
		l.problem(n.at, "Globals needs the line `Transform: AWS::Serverless-2016-10-31` at the top of the template")
	}
	if n.kind != mapping {
		l.problem(n.at, "Globals must be a mapping")
		return
	}
	for _, f := range n.fields {
		var want fields
		switch f.name {
		case "Function":
			want = samFunctionFields
		case "Api":
			want = samAPIFields
		case "HttpApi":
			want = samHTTPAPIFields
		default:
			l.problem(f.at, "Globals of %q are not supported; supported: Api, Function and HttpApi", f.name)
			continue
		}
		if f.value.kind != mapping {
			l.problem(f.at, "Globals.%s must be a mapping", f.name)
			continue
		}
		kept := &node{kind: mapping, at: f.value.at}
		for _, property := range f.value.fields {
			if s, ok := want[property.name]; !ok {
				l.problem(property.at, "unknown property %q of Globals.%s%s%s", property.name, f.name, didYouMean(property.name, supported(want)), l.supported(supported(want)))
			} else if property.name == "Events" || property.name == "FunctionName" || property.name == "StageName" {
				l.problem(property.at, "%s cannot be set in Globals.%s, as in SAM", property.name, f.name)
			} else if s.refused != "" {
				l.problem(property.at, "property %q of Globals.%s is not supported: %s", property.name, f.name, s.refused)
			} else {
				kept.fields = append(kept.fields, property)
			}
		}
		l.globals[f.name] = kept // what is wrong is told once, not for each resource
	}
}

// withGlobals merges as SAM does: a mapping with a mapping, a list after a
// list, and anything else is overridden by the resource's own.
func (l *loader) withGlobals(kind string, own *node) *node {
	if g := l.globals[kind]; g != nil {
		return merge(g, own)
	}
	return own
}

func merge(base, own *node) *node {
	switch {
	case base.kind == mapping && own.kind == mapping:
		out := &node{kind: mapping, at: own.at}
		for _, f := range base.fields {
			if v := own.get(f.name); v != nil {
				f.value = merge(f.value, v)
			}
			out.fields = append(out.fields, f)
		}
		for _, f := range own.fields {
			if base.get(f.name) == nil {
				out.fields = append(out.fields, f)
			}
		}
		return out
	case base.kind == list && own.kind == list:
		out := newList(own.at, base.items...)
		out.items = append(out.items[:len(out.items):len(out.items)], own.items...)
		return out
	}
	return own
}
