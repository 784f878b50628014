package awsapi_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/awsapi"
)

// sdkDir is where the source of an SDK service client lies.
func sdkDir(t *testing.T, service string) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2/service/"+service).Output()
	if err != nil {
		t.Fatalf("go list of the SDK's module: %v", err)
	}
	return strings.TrimSpace(string(out))
}

func readFile(t *testing.T, parts ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// binding is what the SDK's generated source says about one REST operation.
type binding struct {
	method, path, payload, outPayload, outStatus string
	status                                       int
	query, header, outHeader                     []string
	fields                                       map[string]string // wire name of a label -> Go field
}

var label = regexp.MustCompile(`\{(\w+)(\+?)\}`)

func (b *binding) options() []awsapi.Option {
	path := label.ReplaceAllStringFunc(b.path, func(text string) string {
		m := label.FindStringSubmatch(text)
		if field, ok := b.fields[m[1]]; ok {
			return "{" + field + m[2] + "}"
		}
		return text
	})
	list := []awsapi.Option{awsapi.Route(b.method, path), awsapi.InQuery(b.query...), awsapi.InHeader(b.header...), awsapi.OutHeader(b.outHeader...)}
	if b.payload != "" {
		list = append(list, awsapi.InPayload(b.payload))
	}
	if b.outPayload != "" {
		list = append(list, awsapi.OutPayload(b.outPayload))
	}
	if b.outStatus != "" {
		list = append(list, awsapi.OutStatus(b.outStatus))
	}
	if b.status != 0 {
		list = append(list, awsapi.Status(b.status))
	}
	return list
}

// functions cuts generated source into its top-level functions, by their first line.
func functions(source string) map[string]string {
	list := map[string]string{}
	for _, text := range strings.Split(source, "\nfunc ")[1:] {
		head, _, _ := strings.Cut(text, "\n")
		list[head] = text
	}
	return list
}

var (
	serializer   = regexp.MustCompile(`^\(m \*awsRestjson1_serializeOp(\w+)\) HandleSerialize`)
	bindInput    = regexp.MustCompile(`^awsRestjson1_serializeOpHttpBindings(\w+)Input\(`)
	bindOutput   = regexp.MustCompile(`^awsRestjson1_deserializeOpHttpBindings(\w+)Output\(`)
	documentOut  = regexp.MustCompile(`^awsRestjson1_deserializeOpDocument(\w+)Output\(`)
	splitURI     = regexp.MustCompile(`SplitURI\("([^"]+)"\)`)
	methodLine   = regexp.MustCompile(`request\.Method = "(\w+)"`)
	payloadLine  = regexp.MustCompile(`bytes\.NewReader\(input\.(\w+)\)`)
	uriLine      = regexp.MustCompile(`SetURI\("(\w+)"\)\.\w+\(.*?v\.(\w+)`)
	queryLine    = regexp.MustCompile(`(?:Set|Add)Query\("([\w-]+)"\)\.\w+\(.*?v\.(\w+)`)
	restLine     = regexp.MustCompile(`range v\.(\w+) \{\n\s*if encoder\.HasQuery`)
	headerLine   = regexp.MustCompile(`locationName := "([\w-]+)"\s*encoder\.SetHeader\(locationName\)\.\w+\(.*?v\.(\w+)`)
	headerValues = regexp.MustCompile(`Header\.Values\("([\w-]+)"\); len[^{]*\{\s*[^\n]*\n\s*v\.(\w+) =`)
	bodyOut      = regexp.MustCompile(`v\.(\w+) = buf\.Bytes\(\)`)
)

// apigatewayBindings reads them from the classic generated (de)serializers.
func apigatewayBindings(t *testing.T) map[string]*binding {
	dir := sdkDir(t, "apigateway")
	list := map[string]*binding{}
	at := func(name string) *binding {
		if list[name] == nil {
			list[name] = &binding{fields: map[string]string{}}
		}
		return list[name]
	}
	for head, text := range functions(readFile(t, dir, "serializers.go")) {
		if m := serializer.FindStringSubmatch(head); m != nil {
			b := at(m[1])
			b.path, b.method = splitURI.FindStringSubmatch(text)[1], methodLine.FindStringSubmatch(text)[1]
			if p := payloadLine.FindStringSubmatch(text); p != nil {
				b.payload = p[1]
			}
		}
		if m := bindInput.FindStringSubmatch(head); m != nil {
			b := at(m[1])
			for _, l := range uriLine.FindAllStringSubmatch(text, -1) {
				b.fields[l[1]] = l[2]
			}
			for _, l := range queryLine.FindAllStringSubmatch(text, -1) {
				b.query = append(b.query, l[2]+"="+l[1])
			}
			for _, l := range restLine.FindAllStringSubmatch(text, -1) {
				b.query = append(b.query, l[1]+"=*")
			}
			for _, l := range headerLine.FindAllStringSubmatch(text, -1) {
				b.header = append(b.header, l[2]+"="+l[1])
			}
		}
	}
	for head, text := range functions(readFile(t, dir, "deserializers.go")) {
		if m := bindOutput.FindStringSubmatch(head); m != nil {
			for _, l := range headerValues.FindAllStringSubmatch(text, -1) {
				at(m[1]).outHeader = append(at(m[1]).outHeader, l[2]+"="+l[1])
			}
		}
		if m := documentOut.FindStringSubmatch(head); m != nil {
			if l := bodyOut.FindStringSubmatch(text); l != nil {
				at(m[1]).outPayload = l[1]
			}
		}
	}
	return list
}

var (
	httpTrait   = regexp.MustCompile(`(?s)var (\w+) = smithy\.NewSchema\(smithy\.ShapeID\{[^}]*\}, smithy\.ShapeTypeOperation, \d+, (?:&[^H]*?)?&smithytraits\.HTTP\{Method: "(\w+)",\s*URI:\s*"([^"]+)",\s*Code: (\d+)\}`)
	memberTrait = regexp.MustCompile(`(\w+)\.AddMember\("(\w+)", \w+(?:\.\w+)?, (.*)\)\n`)
	trait       = regexp.MustCompile(`&smithytraits\.(HTTPHeader|HTTPLabel|HTTPPayload|HTTPQuery|HTTPResponseCode)\{(?:Name: "([^"]+)")?\}`)
	operation   = regexp.MustCompile(`NewOperationSchema\(schemas\.(\w+), (?:\w+\.)?(\w+), (?:\w+\.)?(\w+)\)`)
)

// lambdaBindings reads them from the client's schemas.
func lambdaBindings(t *testing.T) map[string]*binding {
	dir := sdkDir(t, "lambda")
	source := readFile(t, dir, "schemas", "schemas.go")
	type bound struct{ member, trait, name string }
	shapes := map[string][]bound{}
	for _, m := range memberTrait.FindAllStringSubmatch(source, -1) {
		for _, tr := range trait.FindAllStringSubmatch(m[3], -1) {
			shapes[m[1]] = append(shapes[m[1]], bound{m[2], tr[1], tr[2]})
		}
	}
	list := map[string]*binding{}
	for _, m := range httpTrait.FindAllStringSubmatch(source, -1) {
		b := &binding{method: m[2], path: m[3], fields: map[string]string{}}
		b.status, _ = strconv.Atoi(m[4])
		text, err := os.ReadFile(filepath.Join(dir, "api_op_"+m[1]+".go"))
		if err != nil {
			continue
		}
		op := operation.FindStringSubmatch(string(text))
		if op == nil {
			t.Fatalf("%s: no operation schema", m[1])
		}
		for _, in := range shapes[op[2]] {
			switch in.trait {
			case "HTTPQuery":
				b.query = append(b.query, in.member+"="+in.name)
			case "HTTPHeader":
				b.header = append(b.header, in.member+"="+in.name)
			case "HTTPPayload":
				b.payload = in.member
			}
		}
		for _, out := range shapes[op[3]] {
			switch out.trait {
			case "HTTPHeader":
				b.outHeader = append(b.outHeader, out.member+"="+out.name)
			case "HTTPPayload":
				b.outPayload = out.member
			case "HTTPResponseCode":
				b.outStatus = out.member
			}
		}
		list[m[1]] = b
	}
	return list
}
