package gateway

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// mock answers of itself: a request template names a status, the status selects
// an integration response.
type mock struct {
	statuses    map[string]string // by content type of the request; "" where the template names none
	passthrough string
	replies     []reply // with patterns, by status; the default last
}

type reply struct {
	status   int
	declared bool           // by a method response; without one AWS answers 500
	pattern  *regexp.Regexp // nil: the default
	headers  []header
	types    []string // content types that have a template, application/json first
	template map[string]string
}

// mockStatus finds the status in a template such as {"statusCode": 200}. AWS
// reads these leniently, without quotes too.
var mockStatus = regexp.MustCompile(`["']?statusCode["']?\s*:\s*["']?([0-9]{3})\b`)

func compileMock(m *Method) (integration, error) {
	made := &mock{statuses: map[string]string{}, passthrough: m.Integration.Passthrough}
	for contentType, template := range m.Integration.RequestTemplates {
		made.statuses[mediaTypeOf(contentType)] = ""
		if found := mockStatus.FindStringSubmatch(template); found != nil {
			made.statuses[mediaTypeOf(contentType)] = found[1]
		}
	}
	var byDefault []reply
	for _, status := range slices.Sorted(maps.Keys(m.Integration.Responses)) {
		r := m.Integration.Responses[status]
		code, err := strconv.Atoi(status)
		if err != nil {
			return nil, err
		}
		one := reply{status: code, template: map[string]string{}}
		for target, source := range r.Parameters {
			value, _ := Literal(source)
			if name := answerName(strings.TrimPrefix(target, "method.response.header.")); name != "" {
				one.headers = append(one.headers, header{name, value})
			}
		}
		for contentType, template := range r.Templates {
			one.template[mediaTypeOf(contentType)] = template
		}
		one.types = slices.Sorted(maps.Keys(one.template))
		if i := slices.Index(one.types, "application/json"); i > 0 {
			one.types = slices.Insert(slices.Delete(one.types, i, i+1), 0, "application/json")
		}
		_, one.declared = m.Responses[status]
		pattern := aws.ToString(r.Selection)
		if pattern == "" {
			byDefault = append(byDefault, one)
			continue
		}
		if one.pattern, err = matchWhole(pattern); err != nil {
			return nil, err
		}
		made.replies = append(made.replies, one)
	}
	made.replies = append(made.replies, byDefault...)
	return made, nil
}

// mediaTypeOf is type/subtype in lower case; application/json where there is none.
func mediaTypeOf(contentType string) string {
	kind, _, _ := strings.Cut(contentType, ";")
	if kind = strings.ToLower(strings.TrimSpace(kind)); kind == "" {
		return "application/json"
	}
	return kind
}

func (m *mock) serve(_ context.Context, _ *Gateway, x *exchange) verdict {
	status, found := m.statuses[mediaTypeOf(x.r.Header.Get("Content-Type"))]
	if !found && (m.passthrough == "NEVER" || m.passthrough == "WHEN_NO_TEMPLATES" && len(m.statuses) > 0) {
		return denied(denyMediaType, "no request template for the content type")
	}
	if status == "" {
		return denied(failInternal, "no request template names a statusCode")
	}
	for _, r := range m.replies {
		if r.pattern != nil && !r.pattern.MatchString(status) {
			continue
		}
		if !r.declared {
			return denied(failInternal, "the integration response "+strconv.Itoa(r.status)+" has no method response")
		}
		a := answer{status: r.status, headers: r.headers}
		if kind := r.contentType(x.r.Header.Get("Accept")); kind != "" {
			a.body = []byte(r.template[kind])
			if !slices.ContainsFunc(r.headers, func(h header) bool { return h.name == "Content-Type" }) {
				x.addHeader("Content-Type", kind)
			}
		}
		a.write(x)
		return verdict{outcome: served}
	}
	return denied(failInternal, "no integration response matches the status "+status)
}

// contentType chooses the template that the client accepts first, else the first there is.
func (r reply) contentType(accept string) string {
	return chooseType(r.types, func(kind string) bool { return r.template[kind] != "" }, accept)
}

func chooseType(types []string, has func(kind string) bool, accept string) string {
	for kind := range strings.SplitSeq(accept, ",") {
		if kind = mediaTypeOf(kind); has(kind) {
			return kind
		}
	}
	if len(types) == 0 {
		return ""
	}
	return types[0]
}
