package awsapi

import (
	"fmt"
	"reflect"
	"strings"
)

// jsonProtocol is awsJson 1.1: one path, the operation in X-Amz-Target, input
// and output as JSON objects, times as seconds since 1970.
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
type jsonProtocol struct {
	service *service
	prefix  string
	codecs  map[*operation]jsonCodec
	errors  errorShapes
}

type jsonCodec struct {
	read  jsonRead
	write jsonWrite
}

const jsonContentType = "application/x-amz-json-1.1"

func compileJSON(s *service, targetPrefix string) (protocol, error) {
	s.style = jsonStyle
	if targetPrefix == "" || strings.ContainsAny(targetPrefix, ". ") {
		return nil, fmt.Errorf("%q is not what stands before the dot of an X-Amz-Target", targetPrefix)
	}
	name := renaming(asIs, nil)
	p := &jsonProtocol{service: s, prefix: targetPrefix + ".", codecs: map[*operation]jsonCodec{}, errors: errorShapes{name: renaming(errorRule(asIs), nil)}}
	readers, writers := newJSONReaders(name, false), newJSONWriters(name, false)
	readers.document = s.Document
	for _, op := range s.operations {
		if op.http.method != "" {
			return nil, fmt.Errorf("%s: a route is for REST", op.name)
		}
		var c jsonCodec
		var err error
		if c.read, err = readers.value(op.in); err != nil {
			return nil, fmt.Errorf("input of %s: %w", op.name, err)
		}
		if c.write, err = writers.value(op.out); err != nil {
			return nil, fmt.Errorf("output of %s: %w", op.name, err)
		}
		p.codecs[op] = c
	}
	return p, nil
}

func (p *jsonProtocol) match(m *message) (match, bool) {
	name, ok := strings.CutPrefix(m.target, p.prefix)
	if !ok {
		return match{}, false
	}
	return match{service: p.service, op: p.service.operations[name], name: name}, true
}

func (p *jsonProtocol) decode(op *operation, m *message, _ match) (any, error) {
	in := reflect.New(op.in)
	if len(m.body) == 0 {
		return in.Interface(), nil
	}
	t, err := newJSONText(m.body)
	if err != nil {
		return nil, err
	}
	if t.peek() != tokenObject { // nor null: an input is a structure
		if err := expect(t, tokenObject, "a structure"); err != nil {
			return nil, err
		}
	}
	if err := p.codecs[op].read(t, in.Elem()); err != nil {
		return nil, err
	}
	return in.Interface(), t.finish()
}

func (p *jsonProtocol) encode(op *operation, out any, _ string) (answer, error) {
	body, err := p.codecs[op].write(make([]byte, 0, 512), reflect.ValueOf(out).Elem())
	return answer{status: 200, contentType: jsonContentType, body: body}, err
}

func (p *jsonProtocol) fail(f *fault, _ string) answer {
	code, status := f.wire(p.service)
	body, retry := p.errors.appendError(nil, f, code, true)
	a := answer{status: status, contentType: jsonContentType, body: body}
	a.header = errorHeader(code+":", f.message, retry)
	return a
}

// errorHeader says the error again in headers, for clients that read those.
func errorHeader(kind, message, retryAfter string) [][2]string {
	header := [][2]string{{"X-Amzn-Errortype", kind}}
	if text := headerText(message); text != "" {
		header = append(header, [2]string{"X-Amzn-Errormessage", text})
	}
	if retryAfter != "" {
		header = append(header, [2]string{"Retry-After", retryAfter})
	}
	return header
}
