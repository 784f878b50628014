package gateway

import (
	"html"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// responseTypes are the kinds of refusal and failure that an API can answer in
// its own words, with the status that each has otherwise; 0: that of the refusal.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
var responseTypes = map[responseType]int{
	"ACCESS_DENIED": 403, "API_CONFIGURATION_ERROR": 500, "AUTHORIZER_CONFIGURATION_ERROR": 500, "AUTHORIZER_FAILURE": 500,
	"BAD_REQUEST_BODY": 400, "BAD_REQUEST_PARAMETERS": 400, "DEFAULT_4XX": 0, "DEFAULT_5XX": 0, "EXPIRED_TOKEN": 403,
	"INTEGRATION_FAILURE": 504, "INTEGRATION_TIMEOUT": 504, "INVALID_API_KEY": 403, "INVALID_SIGNATURE": 403,
	"MISSING_AUTHENTICATION_TOKEN": 403, "QUOTA_EXCEEDED": 429, "REQUEST_TOO_LARGE": 413, "RESOURCE_NOT_FOUND": 404,
	"THROTTLED": 429, "UNAUTHORIZED": 401, "UNSUPPORTED_MEDIA_TYPE": 415, "WAF_FILTERED": 403,
}

// ResponseTypes are the names of all gateway responses, sorted.
func ResponseTypes() []string {
	var names []string
	for t := range responseTypes {
		names = append(names, string(t))
	}
	slices.Sort(names)
	return names
}

// ResponseStatus is the status of a gateway response that sets none; 0 where it is
// the refusal's own. ok is false for what is no type.
func ResponseStatus(name string) (status int, ok bool) {
	status, ok = responseTypes[responseType(name)]
	return status, ok
}

// gatewayResponse is one, compiled. Nothing in it is evaluated: values are put in
// where they are named.
type gatewayResponse struct {
	status   int // 0: that of the refusal
	headers  []responseHeader
	types    []string // content types that have a template, application/json first
	template map[string]text
}

type responseHeader struct {
	name  string
	value func(x *exchange) string
}

var (
	responseTarget = regexp.MustCompile("^gatewayresponse\\.header\\.([a-zA-Z0-9!#$%&'*+.^_`|~-]+)$")
	responseSource = regexp.MustCompile(`^method\.request\.(path|querystring|header)\.([a-zA-Z0-9._$-]+)$`)
	responseCode   = regexp.MustCompile(`^[2-5][0-9]{2}$`)
)

// Check holds a gateway response to what can be answered.
func (r *GatewayResponse) Check() error {
	if _, known := responseTypes[responseType(r.Type)]; !known {
		return mistake("Invalid gateway response type specified. Must be one of: %s", strings.Join(ResponseTypes(), ", "))
	}
	_, err := compileResponse(r)
	return err
}

func compileResponse(r *GatewayResponse) (*gatewayResponse, error) {
	made := &gatewayResponse{template: map[string]text{}}
	if r.Status != "" {
		if !responseCode.MatchString(r.Status) {
			return nil, mistake("Invalid status code specified: must be between 200 and 599")
		}
		made.status, _ = strconv.Atoi(r.Status)
	}
	for _, target := range slices.Sorted(maps.Keys(r.Parameters)) {
		name := responseTarget.FindStringSubmatch(target)
		if name == nil || !settable(name[1]) {
			return nil, mistake("Invalid mapping expression specified: %s", target)
		}
		value, err := compileResponseSource(r.Parameters[target])
		if err != nil {
			return nil, err
		}
		made.headers = append(made.headers, responseHeader{canonicalName(name[1]), value})
	}
	told, overridden := Literal(r.contentType())
	for contentType, template := range r.Templates {
		kind := mediaTypeOf(contentType)
		if !isHeaderValue(kind) || !strings.Contains(kind, "/") {
			return nil, mistake("Invalid content type specified: %s", contentType)
		}
		if strings.Contains(template, "#set") || strings.Contains(template, "#if") || strings.Contains(template, "#foreach") || strings.Contains(template, "$input") || strings.Contains(template, "$util") {
			return nil, Unsupported("A gateway response template with Velocity directives (" + contentType + ")")
		}
		escaping := kind
		if overridden { // the client reads the document as what the header says
			escaping = mediaTypeOf(told)
		}
		made.template[kind] = compileText(template, escaping)
	}
	made.types = slices.Sorted(maps.Keys(made.template))
	if i := slices.Index(made.types, "application/json"); i > 0 {
		made.types = slices.Insert(slices.Delete(made.types, i, i+1), 0, "application/json")
	}
	return made, nil
}

// contentType is the mapping that says what a response is, whatever its template
// stands under; "" for none.
func (r *GatewayResponse) contentType() string {
	for target, source := range r.Parameters {
		if name := responseTarget.FindStringSubmatch(target); name != nil && canonicalName(name[1]) == "Content-Type" {
			return source
		}
	}
	return ""
}

func compileResponseSource(source string) (func(x *exchange) string, error) {
	if value, ok := Literal(source); ok && isHeaderValue(value) {
		return func(*exchange) string { return value }, nil
	}
	if name, ok := strings.CutPrefix(source, "context."); ok && name != "" {
		return func(x *exchange) string { v, _ := x.variable(name); return v }, nil
	}
	if name, ok := strings.CutPrefix(source, "stageVariables."); ok && variableName.MatchString(name) {
		return func(x *exchange) string { return x.stage.variables[name] }, nil
	}
	if responseSource.MatchString(source) {
		return func(x *exchange) string { return x.requestValue(source) }, nil
	}
	return nil, mistake("Invalid mapping expression specified: %s", source)
}

// requestValue is method.request.{path|querystring|header}.{name}: what the
// client sent, "" if it did not.
func (x *exchange) requestValue(source string) string {
	found := responseSource.FindStringSubmatch(source)
	if found == nil {
		return ""
	}
	var values []string
	switch name := found[2]; found[1] {
	case "header":
		values = mappable(x, name)
	case "querystring":
		values = queryValues(x, name)
	case "path":
		for _, p := range x.params {
			if p.name == name {
				return p.value
			}
		}
	}
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// text is a template: what is put in stands between what is not.
type text []textPart

type textPart struct {
	literal string
	value   func(x *exchange) string // nil: literal
}

var reference = regexp.MustCompile(`\$(?:\{((?:context|stageVariables|method\.request)\.[a-zA-Z0-9._-]*[a-zA-Z0-9_-])\}|((?:context|stageVariables|method\.request)\.[a-zA-Z0-9._-]*[a-zA-Z0-9_-]))`)

// compileText finds $context.x, $stageVariables.x and $method.request.header.x.
// What was a client's to choose is escaped for the kind of document, so that no
// link makes an API's own error page say or run something else.
func compileText(template, kind string) text {
	var parts text
	last := 0
	for _, at := range reference.FindAllStringSubmatchIndex(template, -1) {
		name := template[at[0]+1 : at[1]]
		if at[2] >= 0 {
			name = template[at[2]:at[3]]
		}
		if at[0] > last {
			parts = append(parts, textPart{literal: template[last:at[0]]})
		}
		parts = append(parts, textPart{value: referenceValue(name, kind)})
		last = at[1]
	}
	if last < len(template) {
		parts = append(parts, textPart{literal: template[last:]})
	}
	return parts
}

func referenceValue(name, kind string) func(x *exchange) string {
	switch {
	case name == "context.error.messageString": // a JSON text already, or null
		return func(x *exchange) string {
			v, ok := x.variable("error.messageString")
			switch {
			case !ok:
				return "null"
			case strings.HasSuffix(kind, "json"):
				return v
			}
			return escapedFor(kind, v)
		}
	case strings.HasPrefix(name, "context."):
		name = strings.TrimPrefix(name, "context.")
		return func(x *exchange) string { v, _ := x.variable(name); return escapedFor(kind, v) }
	case strings.HasPrefix(name, "stageVariables."):
		name = strings.TrimPrefix(name, "stageVariables.")
		return func(x *exchange) string { return escapedFor(kind, x.stage.variables[name]) }
	}
	return func(x *exchange) string { return escapedFor(kind, x.requestValue(name)) }
}

func escapedFor(kind, value string) string {
	switch {
	case strings.HasSuffix(kind, "json"):
		quoted := appendText(nil, value)
		return string(quoted[1 : len(quoted)-1])
	case strings.HasSuffix(kind, "html"), strings.HasSuffix(kind, "xml"):
		return html.EscapeString(value)
	}
	return value
}

// responses are the gateway responses of a stage.
type responses map[responseType]*gatewayResponse

// of finds what an API says to d in its own words; nil: nothing.
func (r responses) of(d *denial) *gatewayResponse {
	if len(r) == 0 || d.response == "" {
		return nil
	}
	if own := r[d.response]; own != nil {
		return own
	}
	if d.status >= 500 {
		return r["DEFAULT_5XX"]
	}
	return r["DEFAULT_4XX"]
}

// write answers d in the API's own words, and returns the status.
func (r *gatewayResponse) write(x *exchange, d *denial) int {
	h := x.w.Header()
	status, body := r.status, d.body
	if status == 0 {
		status = d.status
	}
	x.record.Status = status // $context.status
	if kind := chooseType(r.types, func(kind string) bool { return r.template[kind] != nil }, x.r.Header.Get("Accept")); kind != "" {
		h["Content-Type"] = []string{kind}
		body = nil
		for _, part := range r.template[kind] {
			if part.value == nil {
				body = append(body, part.literal...)
			} else {
				body = append(body, part.value(x)...)
			}
		}
	}
	for _, own := range r.headers {
		if value := own.value(x); value != "" && isHeaderValue(value) {
			h[own.name] = []string{value}
		}
	}
	if status == http.StatusNoContent || status == http.StatusNotModified { // what followed would be read as the next answer
		body = nil
	} else {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	x.w.WriteHeader(status)
	n, _ := x.w.Write(body) // a client that is gone needs no answer
	x.sent = int64(n)
	return status
}
