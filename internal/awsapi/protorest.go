package awsapi

import (
	"fmt"
	"reflect"
)

// restProtocol is restJson1: the operation is method and path; input members
// travel in the path, the query, headers and a JSON body.
// https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
type restProtocol struct {
	service *service
	routes  routes
	codecs  map[*operation]restCodec
	errors  errorShapes
}

const restContentType = "application/json"

func compileREST(s *service, names RESTNames) (protocol, error) {
	s.style = restStyle
	rule := asIs
	if names.LowerFirst {
		rule = lowerFirst
	}
	name := renaming(rule, names.Renamed)
	p := &restProtocol{service: s, codecs: map[*operation]restCodec{}}
	p.errors.name = renaming(errorRule(rule), names.Renamed)
	c := restCompiler{newJSONReaders(name, names.ISOTime), newJSONWriters(name, names.ISOTime), name}
	c.readers.document = s.Document
	var list []route
	for _, registered := range s.Operations { // in their order, so that a mistake reads the same each time
		op := s.operations[registered.name]
		r, err := parseRoute(op)
		if err != nil {
			return nil, err
		}
		if p.codecs[op], err = c.codec(op, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", op.name, err)
		}
		list = append(list, r)
	}
	var err error
	p.routes, err = newRoutes(list)
	return p, err
}

func (p *restProtocol) match(m *message) (match, bool) {
	r, labels := p.routes.find(m.r.Method, m.r.URL.EscapedPath(), m.query)
	if r == nil {
		return match{}, false
	}
	return match{service: p.service, op: r.op, name: r.op.name, labels: labels}, true
}

func (p *restProtocol) decode(op *operation, m *message, found match) (any, error) {
	in := reflect.New(op.in)
	return in.Interface(), p.codecs[op].read(m, found.labels, in.Elem())
}

func (p *restProtocol) encode(op *operation, out any, _ string) (answer, error) {
	return p.codecs[op].answer(reflect.ValueOf(out).Elem())
}

func (p *restProtocol) fail(f *fault, _ string) answer {
	code, status := f.wire(p.service)
	body, retry := p.errors.appendError(nil, f, code, false)
	return answer{status: status, contentType: restContentType, body: body, header: errorHeader(code, "", retry)}
}
