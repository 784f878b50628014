package gateway

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Mistake is what is wrong with a part of a definition, in words for whoever
// wrote it. The control plane that was asked to take it answers so in its form.
type Mistake struct{ text string }

func (m *Mistake) Error() string { return m.text }

func mistake(format string, args ...any) error { return &Mistake{fmt.Sprintf(format, args...)} }

// Unsupported refuses what AWS has and Sallyport has not: accepting it in
// silence could leave a door open that its owner believes to be guarded.
func Unsupported(what string) error { return mistake("%s is not supported by Sallyport yet", what) }

// stageVariable is a reference to one. AWS allows these in URIs alone.
var stageVariable = regexp.MustCompile(`\$\{stageVariables\.([a-zA-Z0-9_]+)\}`)

// functionURI: arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function ARN}/invocations.
var functionURI = regexp.MustCompile(`^arn:aws[a-z-]*:apigateway:([a-z0-9-]+):lambda:path/(?:[0-9-]+/)functions/(.+)/invocations$`)

// functionARN with an optional version or alias.
var functionARN = regexp.MustCompile(`^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[a-zA-Z0-9_-]{1,64}(?::[a-zA-Z0-9$_-]{1,128})?$`)

// CheckFunctionURI holds the URI of a Lambda integration or authorizer to its form.
func CheckFunctionURI(region, uri string) error {
	parts := functionURI.FindStringSubmatch(uri)
	if parts == nil {
		return wrongTarget(uri)
	}
	if parts[1] != region {
		return mistake("AWS ARN for integration contains invalid region or path")
	}
	// What a stage variable stands for is known, and checked, per stage.
	arn := stageVariable.ReplaceAllString(parts[2], "0")
	if arn == parts[2] && !functionARN.MatchString(arn) || strings.ContainsAny(arn, "${} ") {
		return mistake("Invalid function ARN or invalid uri")
	}
	return nil
}

// wrongTarget says which part of a URI keeps it from being a function's.
func wrongTarget(uri string) error {
	fields := strings.SplitN(uri, ":", 6)
	if fields[0] != "arn" || len(fields) < 6 {
		return mistake("Invalid ARN specified in the request")
	}
	if !strings.HasPrefix(fields[5], "path/") && !strings.HasPrefix(fields[5], "action/") {
		return mistake("AWS ARN for integration must contain path or action")
	}
	return mistake("Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.")
}

// CheckBackendURI wants http or https, a host, and no variable of the path in it.
func CheckBackendURI(uri string) error {
	plain := stageVariable.ReplaceAllString(uri, "v")
	u, err := url.Parse(pathVariable.ReplaceAllString(plain, "v"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return mistake("Invalid HTTP endpoint specified for URI")
	}
	if u.User != nil || u.Fragment != "" {
		return mistake("Invalid HTTP endpoint specified for URI: it can hold neither a user nor a fragment")
	}
	authority, _, _ := strings.Cut(plain[strings.Index(plain, "://")+3:], "/")
	if strings.ContainsAny(authority, "{}?#") {
		return mistake("Invalid HTTP endpoint specified for URI: a path variable can stand in the path only")
	}
	if strings.ContainsFunc(u.Host, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
		return mistake("Invalid HTTP endpoint specified for URI: write the host in ASCII, as the DNS has it (xn--...)")
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err == nil && (n < 1 || n > 65535) {
			return mistake("Invalid HTTP endpoint specified for URI: no such port")
		}
	}
	return nil
}

// Literal reads 'text'.
func Literal(source string) (string, bool) {
	if len(source) < 2 || source[0] != '\'' || source[len(source)-1] != '\'' {
		return "", false
	}
	value := source[1 : len(source)-1]
	return value, !strings.Contains(value, "'")
}

// ValidationExpression compiles an identityValidationExpression, anchored at the start.
func ValidationExpression(expression string) (*regexp.Regexp, error) {
	if expression == "" {
		return nil, nil
	}
	return regexp.Compile(anchored + expression + `)`)
}

// anchored is how a compiled validation expression begins.
const anchored = `^(?:`

// PathVariables are the names of the variables of a path such as /a/{id}.
func PathVariables(path string) []string {
	var names []string
	for part := range strings.SplitSeq(path, "/") {
		if name, _, ok := Variable(part); ok {
			names = append(names, name)
		}
	}
	return names
}

var roleARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\x21-\x7e]{1,512}$`)

// CheckCredentials holds the credentials of an integration, or of an authorizer, to
// what can be assumed: nothing, a role, or where an integration has them, the caller.
func CheckCredentials(arn string, caller bool) error {
	if arn == "" || roleARN.MatchString(arn) || caller && arn == callerCredentials {
		return nil
	}
	return mistake("Invalid ARN specified in the request")
}

var (
	variableName  = regexp.MustCompile(`^[a-zA-Z0-9_]{1,64}$`)
	variableValue = regexp.MustCompile(`^[A-Za-z0-9\-._~:/?#&=,@+$]{0,512}$`)
)

// CheckVariables holds the variables of a stage to AWS's form.
func CheckVariables(variables map[string]string) error {
	for name, value := range variables {
		if !variableName.MatchString(name) {
			return mistake("Invalid stage variable name: Please use alphanumeric characters and underscores only")
		}
		if !variableValue.MatchString(value) {
			return mistake("Invalid stage variable value: Please use values with alphanumeric characters and the symbols -._~:/?#&=,@+$ only")
		}
	}
	return nil
}

const maxTags = 50

// CheckTags holds the tags of an API or a stage to AWS's limits.
func CheckTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return mistake("A resource has at most %d tags", maxTags)
	}
	for key, value := range tags {
		if key == "" || utf8.RuneCountInString(key) > 128 || utf8.RuneCountInString(value) > 256 {
			return mistake("Invalid tag: a key has 1 to 128 characters, a value at most 256")
		}
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return mistake("Invalid tag key: names that start with aws: are reserved")
		}
	}
	return nil
}
