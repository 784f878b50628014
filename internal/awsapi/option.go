package awsapi

import "strings"

// Option adjusts the registration of one operation.
type Option func(*Operation)

// Require names the members of the input that must be there (Go field names).
// Missing ones are refused in the words of the service before the handler runs.
func Require(members ...string) Option {
	return func(o *Operation) { o.required = append(o.required, members...) }
}

// httpBinding is where the members of a REST operation travel. Those that it
// does not name travel in the JSON body.
type httpBinding struct {
	method, path string
	inQuery      []binding
	inHeader     []binding
	inPayload    string
	status       int
	outHeader    []binding
	outPayload   string
	outStatus    string
}

type binding struct{ member, wire string }

// Route binds a REST operation: HTTP method, path with {Member} labels ({Member+}
// for the rest of the path), and what the query must say for it to be this
// operation ("/restapis?mode=import").
//
// A label may have another name on AWS's pages than the Go field has: write {FieldName}.
func Route(method, path string) Option {
	return func(o *Operation) { o.http.method, o.http.path = method, path }
}

// InQuery, InHeader: input members that travel in the query or as a header, as
// "Member=wireName" ("Qualifier" alone where both are the same). In the query,
// "Parameters=*" gives a map all parameters that no other member takes.
func InQuery(bindings ...string) Option {
	return func(o *Operation) { o.http.inQuery = append(o.http.inQuery, parseBindings(bindings)...) }
}
func InHeader(bindings ...string) Option {
	return func(o *Operation) { o.http.inHeader = append(o.http.inHeader, parseBindings(bindings)...) }
}

// InPayload: the input member that is the body itself ([]byte, *string or io.Reader).
func InPayload(member string) Option { return func(o *Operation) { o.http.inPayload = member } }

// Status is the HTTP status of success where it is not 200.
func Status(code int) Option { return func(o *Operation) { o.http.status = code } }

// OutHeader, OutPayload, OutStatus: output members that leave as a header, as the body, as the HTTP status.
func OutHeader(bindings ...string) Option {
	return func(o *Operation) { o.http.outHeader = append(o.http.outHeader, parseBindings(bindings)...) }
}
func OutPayload(member string) Option { return func(o *Operation) { o.http.outPayload = member } }
func OutStatus(member string) Option  { return func(o *Operation) { o.http.outStatus = member } }

func parseBindings(texts []string) []binding {
	list := make([]binding, len(texts))
	for i, text := range texts {
		member, wire, ok := strings.Cut(text, "=")
		if !ok {
			wire = member
		}
		list[i] = binding{member, wire}
	}
	return list
}

// Protocol is how a service's messages travel. JSON, Query and REST are all there are.
type Protocol struct {
	compile func(*service) (protocol, error)
}

// JSON is awsJson 1.1; targetPrefix is what X-Amz-Target has before the dot.
func JSON(targetPrefix string) Protocol {
	return Protocol{func(s *service) (protocol, error) { return compileJSON(s, targetPrefix) }}
}

// Query is the Query protocol with XML answers in the namespace xmlns.
func Query(version, xmlns string) Protocol {
	return Protocol{func(s *service) (protocol, error) { return compileQuery(s, version, xmlns) }}
}

// RESTNames says how a REST service writes a member's name and a timestamp.
type RESTNames struct {
	LowerFirst bool              // apiId, as in API Gateway; false: FunctionName, as in Lambda
	Renamed    map[string]string // Go field name, or Shape.Field, -> wire name, for the exceptions
	ISOTime    bool              // timestamps as ISO 8601 text, as in apigatewayv2; false: epoch seconds
}

// REST is restJson1. A request belongs to the service whose operations' paths match.
func REST(names RESTNames) Protocol {
	return Protocol{func(s *service) (protocol, error) { return compileREST(s, names) }}
}
