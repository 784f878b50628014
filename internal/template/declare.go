package template

// declaration is an entry of Resources as it is written.
type declaration struct {
	id       string
	at       Position
	kind     string
	kindAt   Position
	body     *node
	resource resource // what all types have in common
}

var resourceFields = fields{
	"Type": str.must(), "Properties": anyJSON, "Metadata": anyJSON, "Condition": str, "DependsOn": anyJSON,
	"DeletionPolicy":      oneOf("Delete", "Retain", "RetainExceptOnCreate"),
	"UpdateReplacePolicy": oneOf("Delete", "Retain"),
	"CreationPolicy":      unsupported("nothing is waited for"), "UpdatePolicy": unsupported("nothing is rolled out in steps here"),
	"Connectors": unsupported("write the permission as a resource"),
}

// declare reads what the entries of Resources have in common, and leaves out
// those whose condition does not hold.
func (l *loader) declare(section *node) {
	if section.kind != mapping || len(section.fields) == 0 {
		l.problem(section.at, "Resources must be a mapping of names to resources")
		return
	}
	for _, f := range section.fields {
		if !logicalID.MatchString(f.name) {
			l.problem(f.at, "%q cannot be the name of a resource: letters and digits only", f.name)
			continue
		}
		if f.value.kind != mapping {
			l.problem(f.at, "resource %q must be a mapping with a Type", f.name)
			continue
		}
		if _, ok := l.env.parameters[f.name]; ok {
			l.problem(f.at, "%q is already the name of a parameter", f.name)
		}
		before := len(l.problems)
		checkFields(l.report, f.value, resourceFields, "resource "+f.name)
		if len(l.problems) > before {
			l.env.resources[f.name] = true // so that references to it are not reported too
			continue
		}
		d := &declaration{id: f.name, at: f.at, kind: f.value.get("Type").text, kindAt: f.value.get("Type").at, body: f.value}
		if c := f.value.get("Condition"); c != nil && !l.env.holds(c.at, c.text) {
			l.env.leftOut[d.id] = c.text
			continue
		}
		l.env.resources[d.id] = true
		d.resource = resource{
			id: d.id, at: d.at, needs: l.dependsOn(f.value.get("DependsOn")),
			retain:  f.value.get("DeletionPolicy") != nil && f.value.get("DeletionPolicy").text != "Delete",
			keepOld: f.value.get("UpdateReplacePolicy") != nil && f.value.get("UpdateReplacePolicy").is("Retain"),
		}
		if l.knownType(d) {
			l.declared = append(l.declared, d)
		}
	}
}

func (l *loader) knownType(d *declaration) bool {
	if d.kind == samFunction || d.kind == samAPI || d.kind == samHTTPAPI {
		if !l.sam {
			l.problem(d.kindAt, "%s needs the line `Transform: AWS::Serverless-2016-10-31` at the top of the template", d.kind)
		}
		return true
	}
	if types[d.kind] != nil {
		return true
	}
	hint := didYouMean(d.kind, typeNames())
	if why := unsupportedTypes[d.kind]; why != "" {
		hint = ": " + why
	} else if hint == "" {
		hint = "; what is only for AWS can have a Condition that is false here"
	}
	l.problem(d.kindAt, "resource type %q is not supported%s%s", d.kind, hint, l.supported(typeNames()))
	return false
}

func (l *loader) dependsOn(n *node) (ids []string) {
	switch {
	case n == nil:
	case n.kind == text:
		ids = []string{n.text}
	case n.kind == list:
		for _, item := range n.items {
			if item.kind != text {
				l.problem(item.at, "DependsOn takes names of resources")
				continue
			}
			ids = append(ids, item.text)
		}
	default:
		l.problem(n.at, "DependsOn takes the name of a resource, or a list of names")
	}
	return ids
}
