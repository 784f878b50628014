package template

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var (
	logicalID = regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`)
	stackName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)
)

// resource is one resource that is to be made, as the template has it.
type resource struct {
	id         string
	kind       *resourceType
	at         Position
	label      string // what a person would call it: "GET /pizzas"
	properties *node
	needs      []string // logical ids
	follows    []string // made anew whenever one of these changes
	retain     bool     // stays when it leaves the template
	keepOld    bool     // stays when a replacement has been made
	code       *codeSource
}

// output is one entry of Outputs.
type output struct {
	name, description string
	value             *node
}

// Load reads and checks the template at path and evaluates all that does not
// depend on resources. Everything wrong with it comes back at once, as
// Problems, each with file, line and column.
func Load(path string, s Settings) (*Template, error) {
	source, err := readLimited(path, maxSize)
	if err != nil {
		return nil, err
	}
	return read(path, source, s)
}

func readLimited(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the template cannot be read: %w", err)
	}
	defer file.Close()
	source, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, fmt.Errorf("the template cannot be read: %w", err)
	}
	return source, nil
}

func read(path string, source []byte, s Settings) (*Template, error) {
	if s.Stack == "" {
		s.Stack = "sallyport"
	}
	if !stackName.MatchString(s.Stack) {
		return nil, fmt.Errorf("%q cannot be the name of a stack: a letter, then letters, digits and hyphens, at most 128", s.Stack)
	}
	if s.Region == "" || s.Account == "" {
		return nil, errors.New("a template needs a region and an account")
	}
	r := &report{file: path, bounded: true}
	t := readBounded(path, source, s, r)
	if err := r.err(); err != nil {
		return nil, err
	}
	byLine(r.notes)
	t.notes = r.notes
	r.bounded = false
	return t, nil
}

// readBounded gives up when the report has enough.
func readBounded(path string, source []byte, s Settings, r *report) *Template {
	defer func() {
		if p := recover(); p != nil && p != (enough{}) {
			panic(p)
		}
	}()
	root := parse(source, r)
	if root == nil || len(r.problems) > 0 {
		if len(r.problems) == 0 {
			r.problem(Position{}, "the template holds nothing")
		}
		return nil
	}
	l := &loader{
		report:    r,
		Template:  &Template{file: path, dir: filepath.Dir(path), stack: s.Stack, resources: map[string]*resource{}},
		partition: "aws",
	}
	l.env = &environment{report: r, pseudo: pseudoParameters(s), resources: map[string]bool{}, leftOut: map[string]string{}, aliases: map[string]*node{}}
	l.partition = l.env.pseudo["AWS::Partition"].text
	l.region, l.account, l.private = s.Region, s.Account, s.Private
	l.load(root, s)
	return l.Template
}

// loader is the state of one Load.
type loader struct {
	*report
	*Template
	partition, region, account string
	private                    string
	globals                    map[string]*node
	declared                   []*declaration
	ids                        []string // resources in the order in which they are declared
	sam                        bool     // the SAM transform is asked for
}

var sections = fields{
	"AWSTemplateFormatVersion": oneOf("2010-09-09"),
	"Transform":                anyJSON, "Description": str, "Metadata": anyJSON,
	"Parameters": anyJSON, "Mappings": anyJSON, "Conditions": anyJSON, "Globals": anyJSON,
	"Resources": shape{kind: document, required: true}, "Outputs": anyJSON,
	"Rules": unsupported("use AllowedValues and AllowedPattern of parameters"),
	"Hooks": unsupported("nothing is rolled out in steps here"),
}

func (l *loader) load(root *node, s Settings) {
	if root.kind != mapping {
		l.problem(root.at, "a template is a mapping with a section Resources, not %s", root.kind)
		return
	}
	for _, f := range root.fields {
		if want, ok := sections[f.name]; !ok {
			l.problem(f.at, "unknown section %q%s%s", f.name, didYouMean(f.name, supported(sections)), l.supported(supported(sections)))
		} else if want.refused != "" {
			l.problem(f.at, "section %s is not supported: %s", f.name, want.refused)
		} else {
			check(l.report, f.value, want, f.name)
		}
	}
	if root.get("Resources") == nil {
		l.problem(root.at, "the template has no section Resources")
		return
	}
	l.transform(root.get("Transform"))
	l.env.readParameters(root.get("Parameters"), s.Parameters)
	l.env.readMappings(root.get("Mappings"))
	l.env.readConditions(root.get("Conditions"))
	l.readGlobals(root.get("Globals"))
	l.declare(root.get("Resources"))
	l.declareSAM()
	l.build()
	l.readOutputs(root.get("Outputs"))
	l.checkReferences()
	l.sort()
}

func (l *loader) transform(n *node) {
	if n == nil {
		return
	}
	all := []*node{n}
	if n.kind == list {
		all = n.items
	}
	for _, t := range all {
		if !t.is("AWS::Serverless-2016-10-31") {
			l.problem(t.at, "the only transform is AWS::Serverless-2016-10-31")
			continue
		}
		l.sam = true
	}
}

// build evaluates every resource and turns SAM's into plain ones.
func (l *loader) build() {
	var functions, apis, httpAPIs []*declaration
	for _, d := range l.declared {
		properties := d.body.get("Properties")
		if properties == nil {
			properties = &node{kind: mapping, at: d.at}
		}
		if properties.kind == function && properties.text == "Fn::If" {
			properties = l.env.eval(properties)
		}
		if properties.kind != mapping {
			l.problem(properties.at, "Properties of %s must be a mapping", d.id)
			continue
		}
		switch d.kind {
		case samFunction:
			d.resource.properties = l.env.eval(l.withGlobals("Function", properties))
			functions = append(functions, d)
		case samAPI:
			d.resource.properties = l.env.eval(l.withGlobals("Api", properties))
			apis = append(apis, d)
		case samHTTPAPI:
			d.resource.properties = l.env.eval(l.withGlobals("HttpApi", properties))
			httpAPIs = append(httpAPIs, d)
		default:
			d.resource.properties = l.env.eval(properties)
			checkFields(l.report, d.resource.properties, types[d.kind].properties, d.kind)
			l.plain(d)
		}
	}
	l.expand(functions, apis, httpAPIs)
}

// plain adds a resource that needs no expansion.
func (l *loader) plain(d *declaration) {
	r := d.resource
	r.kind = types[d.kind]
	switch r.kind {
	case functionType:
		r.code = l.lambdaCode(d)
	case userPoolUserType:
		l.userPassword(d, &r)
	case inlinePolicyType:
		l.needsOwner(&r)
	}
	l.add(&r)
}

func (l *loader) add(r *resource) {
	if l.resources[r.id] != nil {
		l.problem(r.at, "%q is the name of a resource that SAM makes for this one; choose another name", r.id)
		return
	}
	if len(l.ids) >= maxResources {
		l.stop(r.at, "the template makes more than %d resources; split it", maxResources)
	}
	l.env.resources[r.id] = true
	l.resources[r.id] = r
	l.ids = append(l.ids, r.id)
}

// userPassword reads the one thing in a user's metadata that has a meaning here.
func (l *loader) userPassword(d *declaration, r *resource) {
	metadata := d.body.get("Metadata").get("Sallyport")
	if metadata == nil {
		return
	}
	metadata = l.env.eval(metadata)
	if metadata.kind != mapping {
		l.problem(metadata.at, "Metadata.Sallyport must be a mapping")
		return
	}
	checkFields(l.report, metadata, userMetadata, "Metadata.Sallyport of "+d.id)
	if password := metadata.get("PermanentPassword"); password != nil {
		p := *r.properties
		p.fields = append(slices.Clone(p.fields), field{passwordProperty, password.at, password})
		r.properties = &p
	}
}

func (l *loader) readOutputs(section *node) {
	if section == nil {
		return
	}
	if section.kind != mapping {
		l.problem(section.at, "Outputs must be a mapping of names to values")
		return
	}
	want := fields{
		"Value": {kind: document, required: true}, "Description": str, "Condition": str,
		"Export": noEffect("no other stack can import it"),
	}
	for _, f := range section.fields {
		if f.value.kind != mapping {
			l.problem(f.at, "output %q must be a mapping with a Value", f.name)
			continue
		}
		before := len(l.problems)
		checkFields(l.report, f.value, want, "output "+f.name)
		if len(l.problems) > before {
			continue
		}
		if c := f.value.get("Condition"); c != nil && !l.env.holds(c.at, c.text) {
			continue
		}
		o := &output{name: f.name, value: l.env.eval(f.value.get("Value"))}
		if d := f.value.get("Description"); d != nil {
			o.description = d.text
		}
		l.outputs = append(l.outputs, o)
	}
}

// checkReferences looks at every reference that is left, in resources and outputs.
func (l *loader) checkReferences() {
	inspect := func(n *node) {
		n.walk(func(m *node) {
			if m.kind != function || m.text != "Fn::GetAtt" {
				return
			}
			id, attribute := m.argument().items[0].text, m.argument().items[1].text
			target := l.resources[id]
			if target != nil && !slices.Contains(target.kind.attributes, attribute) {
				l.problem(m.at, "%s (%s) has no attribute %q%s; supported: %s", id, target.kind.name, attribute,
					didYouMean(attribute, target.kind.attributes), names(target.kind.attributes))
			}
		})
	}
	for _, r := range l.resources {
		inspect(r.properties)
	}
	for _, o := range l.outputs {
		inspect(o.value)
	}
}

// absolute is a path of the template, relative to its folder.
func (l *loader) absolute(path string) string {
	path = strings.TrimSuffix(filepath.FromSlash(path), string(filepath.Separator))
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(l.dir, path)
}
