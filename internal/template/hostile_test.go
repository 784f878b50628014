package template

import (
	"fmt"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/lexer"
)

// each repeats a format with its number, with commas between.
func each(n int, format string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(parts, ",")
}

const inlineFunction = `"Type":"AWS::Serverless::Function","Properties":{"Runtime":"nodejs22.x","Handler":"a.b","InlineCode":"x"`

// Templates within the size limit whose cost would grow with the square of
// what they hold. Each must be refused with what is too much of it, by a bound
// that is checked before the cost arises.
func TestTemplatesThatWouldTakeLongAreRefused(t *testing.T) {
	pool := `{"Type":"AWS::Cognito::UserPool"}`
	tests := []struct{ name, source, want string }{
		{"many resources", `{"Resources":{` + each(501, `"R%d":`+pool) + `}}`, "more than 500 names"},
		{"many names, YAML", strings.Join(strings.Split(each(501, "k%d: v"), ","), "\n"), "more than 500 names"},
		{"many values, JSON", `{"Resources":{"R":` + pool + `},"Metadata":[` + each(20_000, "%d") + `]}`, "more than 20000 names and values"},
		{"many words, YAML", "a: [" + strings.Repeat("b,", 10_000) + "]", "more than 20000 words"},
		{"many resources made by SAM", `{"Transform":"AWS::Serverless-2016-10-31","Resources":{"F":{` + inlineFunction + `,"Events":{` +
			each(400, `"E%d":{"Type":"Api","Properties":{"Path":"/a%[1]d`+strings.Repeat("/a", 30)+`","Method":"get"}}`) + `}}}}}`, "more than 2000 resources"},
		{"many problems", `{"Resources":{"R":` + pool + `},"Outputs":{"O":{"Value":{"Fn::Join":["",[` + each(3000, `{"Ref":"Q%d"}`) + `]]}}}}`, "neither a parameter nor a resource"},
		{"texts that double", `{"Mappings":{"M":{"A":{"B":"` + strings.Repeat("x", 100_000) + `"}}},"Resources":{"R":` + pool + `},"Outputs":{` +
			each(400, `"P%d":{"Value":{"Fn::Join":["",[{"Fn::FindInMap":["M","A","B"]},{"Fn::FindInMap":["M","A","B"]}]]}}`) + `}}`, "grows too large"},
		{"a long list in a parameter", `{"Parameters":{"P":{"Type":"CommaDelimitedList","Default":"` + strings.Repeat("a,", 3000) + `","AllowedValues":["a"]}},"Resources":{"R":` + pool + `}}`, "at most 4096"},
		{"a pattern that explodes", `{"Parameters":{"P":{"Type":"String","Default":"a","AllowedPattern":"((a{1,100}){1,100}){1,100}"}},"Resources":{"R":` + pool + `}}`, "AllowedPattern"},
		{"conditions in a circle", `{"Conditions":{"A":{"Fn::Not":[{"Condition":"B"}]},"B":{"Fn::Not":[{"Condition":"A"}]}},"Resources":{"R":` + pool + `}}`, "depends on itself"},
		{"attributes in a circle", `{"Resources":{"A":{"Type":"AWS::Cognito::UserPool","Properties":{"UserPoolName":{"Fn::GetAtt":["B","Arn"]}}},"B":{"Type":"AWS::Cognito::UserPool","Properties":{"UserPoolName":{"Fn::GetAtt":["A","Arn"]}}}}}`, "need each other: A -> B -> A"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := read("t.yaml", []byte(test.source), Settings{Region: "us-east-1", Account: "000000000000"})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				message := fmt.Sprint(err)
				t.Fatalf("want %q; got %s", test.want, message[:min(len(message), 500)])
			}
			if lines := strings.Count(err.Error(), "\n") + 1; lines > maxProblems {
				t.Errorf("%d problems are reported", lines)
			}
		})
	}
}

// Names are counted before the parser sees them, however they are written, and
// only those of one mapping count together.
func TestNamesAreCountedBeforeParsing(t *testing.T) {
	lines := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format+"\n", i)
		}
		return b.String()
	}
	var anchors strings.Builder
	for i := range 501 {
		fmt.Fprintf(&anchors, "&%s k%d:\n", strings.Repeat("a", i%9+1), i)
	}
	tests := []struct {
		name, source string
		fits         bool
	}{
		{"plain", lines(501, "k%d: v"), false},
		{"without values", lines(501, "k%d:"), false},
		{"quoted", lines(501, `"k%d":`), false},
		{"explicit", lines(501, "? k%d\n: v"), false},
		{"merged", lines(501, "<<: v%d"), false},
		{"with anchors of different lengths", anchors.String(), false},
		{"with tags", lines(501, "!Ref k%d:"), false},
		{"in a list", "a:\n - b: c\n" + lines(501, "   k%d: v"), false},
		{"below others", "a:\n  b:\n" + lines(501, "    k%d: v"), false},
		{"after deeper ones", lines(501, "k%d:\n  a: b"), false},
		{"as many as may be", lines(500, "k%d:\n  a: b"), true},
		{"in many mappings", "a:\n" + strings.Repeat("  - b: c\n"+lines(100, "    k%d: v"), 20), true},
		{"in many lists", lines(100, "k%d:\n  - a: b\n  - a: b\n  - a: b\n  - a: b\n  - a: b\n  - a: b"), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := &report{file: "t.yaml"}
			if got := narrow(lexer.Tokenize(test.source), r); got != test.fits || (len(r.problems) == 0) != test.fits {
				t.Errorf("fits: %v, problems %v", got, r.problems)
			}
		})
	}
}

func TestColumnsOfOneLongLineAreCounted(t *testing.T) {
	source := `{"Description":"žluť","Resources":{"R":{"Type":"AWS::Cognito::Nothing"}}}`
	_, err := read("t.json", []byte(source), Settings{Region: "us-east-1", Account: "000000000000"})
	if want := "t.json:1:48: "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v; want it at %s", err, want)
	}
}
