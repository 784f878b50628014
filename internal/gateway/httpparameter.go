package gateway

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sallyport/sallyport/internal/gateway/accesslog"
)

// What an integration of an HTTP API changes in requests and responses.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html

// Direction says which message parameters change.
type Direction bool

const (
	OfRequest  Direction = false
	OfResponse Direction = true
)

// The actions of a parameter.
const (
	ActionAppend    = "append"
	ActionOverwrite = "overwrite"
	ActionRemove    = "remove"
)

// The places that a parameter changes.
const (
	PlaceHeader      = "header"
	PlaceQuerystring = "querystring"
	PlacePath        = "path"       // of a request: the whole path
	PlaceStatus      = "statuscode" // of a response
)

// Parameter is one change, read: overwrite:header.X-Owner <- $context.authorizer.sub.
type Parameter struct {
	Action string
	Place  string
	Name   string // of the header or query parameter; "" otherwise
	Value  []ParameterPart
}

// ParameterPart is a piece of a value. The value is all pieces in a row.
type ParameterPart struct {
	Literal string
	// From is "" for a literal, otherwise what the piece is taken from:
	// "header", "querystring", "path", "body", "context" or "stageVariables".
	From string
	// Name is of the header, variable and so on; of a body, a path of members
	// such as "user.name". "" with From path is the whole path of the request,
	// without its stage, and with From body the whole body.
	Name string
}

// What a ParameterPart is taken from.
const (
	FromHeader      = "header"
	FromQuerystring = "querystring"
	FromPath        = "path"
	FromBody        = "body"
	FromContext     = "context"
	FromStage       = "stageVariables"
)

var (
	parameterTarget = regexp.MustCompile(`^(append|overwrite|remove):(?:(path|statuscode)|(header|querystring)\.(.+))$`)
	parameterName   = regexp.MustCompile(`^[A-Za-z0-9\-._~!$'()*,;:@/\[\]]{1,256}$`)
	partName        = regexp.MustCompile(`^[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)*`)
	bodyName        = regexp.MustCompile(`^[A-Za-z0-9_\-]+(?:\[[0-9]{1,6}\])*(?:\.[A-Za-z0-9_\-]+(?:\[[0-9]{1,6}\])*)*`)
	stageName       = regexp.MustCompile(`^[A-Za-z0-9_]{1,64}`)
	contextName     = regexp.MustCompile(`^[A-Za-z0-9_\-:]+(?:\.[A-Za-z0-9_\-:]+)*`) // claims have colons
	responseStatus  = regexp.MustCompile(`^[2-5][0-9][0-9]$`)
)

const (
	longestParameter = 2048 // bytes of a value
	mostParameters   = 100  // of one message
)

// ParseParameter reads one entry of requestParameters, or of the
// responseParameters of a status. The data plane compiles what it returns; what
// it refuses is a *Mistake, and must not be served.
func ParseParameter(d Direction, key, value string) (Parameter, error) {
	to := parameterTarget.FindStringSubmatch(key)
	if to == nil {
		return Parameter{}, mistake("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: %s]", key)
	}
	p := Parameter{Action: to[1], Place: to[2] + to[3], Name: to[4]}
	if err := p.checkTarget(d, key); err != nil {
		return Parameter{}, err
	}
	if p.Action == ActionRemove {
		if value != "" && value != "''" {
			return Parameter{}, mistake("Invalid mapping expression specified: %s takes no value but ''", key)
		}
		return p, nil
	}
	if value == "" || len(value) > longestParameter || !isHeaderValue(value) {
		return Parameter{}, mistake("Invalid mapping expression specified: the value of %s is empty, too long or has control characters", key)
	}
	var err error
	if p.Value, err = parseParts(d, value); err != nil {
		return Parameter{}, err
	}
	if p.Place == PlaceStatus && (len(p.Value) != 1 || p.Value[0].From != "" || !responseStatus.MatchString(value)) {
		return Parameter{}, mistake("Invalid mapping expression specified: %s takes a status from 200 to 599", key)
	}
	return p, nil
}

func (p Parameter) checkTarget(d Direction, key string) error {
	switch p.Place {
	case PlacePath, PlaceStatus:
		if p.Action != ActionOverwrite || (p.Place == PlaceStatus) != (d == OfResponse) {
			return mistake("Invalid mapping expression specified: %s is not possible here", key)
		}
	case PlaceQuerystring:
		if d == OfResponse || !parameterName.MatchString(p.Name) {
			return mistake("Invalid mapping expression specified: %s is not possible here", key)
		}
	case PlaceHeader:
		if !isHeaderName(p.Name) {
			return mistake("Invalid mapping expression specified: %s names no header", key)
		}
		if IsReservedHeader(p.Name) {
			return mistake("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Operations on header %s are restricted]", strings.ToLower(p.Name))
		}
	}
	return nil
}

// parseParts reads a value: text in which $request.header.x, ${request.header.x}
// and the like stand for what they name. A dollar sign that begins nothing known
// is a mistake, so that a slip of the pen does not reach a backend as text.
func parseParts(d Direction, value string) ([]ParameterPart, error) {
	var parts []ParameterPart
	for rest := value; rest != ""; {
		before, after, found := strings.Cut(rest, "$")
		if before != "" {
			parts = append(parts, ParameterPart{Literal: before})
		}
		if !found {
			break
		}
		expression, braced := strings.CutPrefix(after, "{")
		part, length := parsePart(d, expression)
		if length == 0 || braced && !strings.HasPrefix(expression[length:], "}") {
			return nil, mistake("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: %s]", value)
		}
		parts = append(parts, part)
		rest = expression[length:]
		if braced {
			rest = rest[1:]
		}
	}
	return parts, nil
}

// parsePart reads what stands at the start of text, and how long it is; 0 for
// nothing known.
func parsePart(d Direction, text string) (ParameterPart, int) {
	message := "request."
	if d == OfResponse {
		message = "response."
	}
	if of, ok := strings.CutPrefix(text, message); ok {
		for _, from := range [...]string{FromHeader, FromQuerystring, FromPath, FromBody} {
			after, ok := strings.CutPrefix(of, from)
			if !ok || d == OfResponse && (from == FromQuerystring || from == FromPath) {
				continue
			}
			form := partName
			if from == FromBody {
				form = bodyName
			}
			length := len(message) + len(from)
			if dotted, ok := strings.CutPrefix(after, "."); ok {
				if name := form.FindString(dotted); name != "" {
					return ParameterPart{From: from, Name: name}, length + 1 + len(name)
				}
			}
			if from == FromPath || from == FromBody {
				return ParameterPart{From: from}, length
			}
		}
		return ParameterPart{}, 0
	}
	if after, ok := strings.CutPrefix(text, FromStage+"."); ok {
		name := stageName.FindString(after)
		return ParameterPart{From: FromStage, Name: name}, lengthOf(FromStage, name)
	}
	if after, ok := strings.CutPrefix(text, FromContext+"."); ok {
		name := contextName.FindString(after)
		if !isRequestVariable(name) && (d == OfRequest || !accesslog.HTTP.Known(name)) {
			name = ""
		}
		return ParameterPart{From: FromContext, Name: name}, lengthOf(FromContext, name)
	}
	return ParameterPart{}, 0
}

// lengthOf is how long from.name is; 0 without a name.
func lengthOf(from, name string) int {
	if name == "" {
		return 0
	}
	return len(from) + 1 + len(name)
}

var reservedHeaders = []string{
	"authorization", "connection", "content-encoding", "content-length", "content-location", "forwarded", "host", "keep-alive",
	"origin", "proxy-authenticate", "proxy-authorization", "te", "trailer", "trailers", "transfer-encoding", "upgrade",
	"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "via",
}

// IsReservedHeader says whether a header is the gateway's own or the
// connection's, so that no parameter of an HTTP API may change it.
func IsReservedHeader(name string) bool {
	name = strings.ToLower(name)
	for _, family := range [...]string{"access-control-", "apigw-", "proxy-", "x-amz-", "x-amzn-"} {
		if strings.HasPrefix(name, family) {
			return true
		}
	}
	return slices.Contains(reservedHeaders, name)
}

// checkParameters holds the parameters of an integration to what can be done.
func (i *HTTPIntegration) checkParameters() error {
	if err := checkMessage(OfRequest, i.RequestParameters); err != nil {
		return err
	}
	for status, parameters := range i.ResponseParameters {
		if n, err := strconv.Atoi(status); err != nil || n < 200 || n > 599 || len(status) != 3 {
			return mistake("Invalid response parameters specified: %q is no status from 200 to 599", status)
		}
		if err := checkMessage(OfResponse, parameters); err != nil {
			return err
		}
	}
	return nil
}

// checkMessage also refuses two keys that are one header: which of them comes
// last would be chance.
func checkMessage(d Direction, parameters map[string]string) error {
	if len(parameters) > mostParameters {
		return mistake("Invalid mapping expression specified: at most %d parameters", mostParameters)
	}
	seen := map[string]bool{}
	for key, value := range parameters {
		p, err := ParseParameter(d, key, value)
		if err != nil {
			return err
		}
		same := key
		if p.Place == PlaceHeader {
			same = strings.ToLower(key)
		}
		if seen[same] {
			return mistake("Invalid mapping expression specified: %s stands there more than once", key)
		}
		seen[same] = true
	}
	return nil
}
