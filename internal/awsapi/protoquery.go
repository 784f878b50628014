package awsapi

import (
	"fmt"
	"reflect"
	"strings"
)

// queryProtocol is AWS Query: parameters of a form in, XML out.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
type queryProtocol struct {
	service *service
	version string
	xmlns   string
	codecs  map[*operation]queryCodec
}

type queryCodec struct {
	read  formRead
	write xmlWrite
}

const xmlContentType = "text/xml"

func compileQuery(s *service, version, xmlns string) (protocol, error) {
	s.style = queryStyle
	if version == "" || xmlns == "" {
		return nil, fmt.Errorf("the Query protocol needs a version and a namespace")
	}
	p := &queryProtocol{service: s, version: version, xmlns: xmlns, codecs: map[*operation]queryCodec{}}
	name := renaming(asIs, nil)
	readers, writers := newFormReaders(name, s.Unions...), newXMLWriters(name)
	for _, op := range s.operations {
		if op.http.method != "" {
			return nil, fmt.Errorf("%s: a route is for REST", op.name)
		}
		var c queryCodec
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

func (p *queryProtocol) match(m *message) (match, bool) {
	name := m.form.Get("Action")
	if name == "" || m.form.Get("Version") != p.version {
		return match{}, false
	}
	return match{service: p.service, op: p.service.operations[name], name: name}, true
}

func (p *queryProtocol) decode(op *operation, m *message, _ match) (any, error) {
	tree, err := newFormNode(m.form)
	if err != nil {
		return nil, err
	}
	in := reflect.New(op.in)
	return in.Interface(), p.codecs[op].read(tree, in.Elem())
}

func (p *queryProtocol) encode(op *operation, out any, requestID string) (answer, error) {
	b := make([]byte, 0, 1024)
	b = append(b, '<')
	b = append(b, op.name...)
	b = append(b, `Response xmlns="`...)
	b = appendXMLText(b, p.xmlns)
	b = append(b, `">`...)
	v := reflect.ValueOf(out).Elem()
	// Always, also when it is empty: some clients insist on it, none minds it.
	b, err := p.codecs[op].write(b, op.name+"Result", v)
	if err != nil {
		return answer{}, err
	}
	b = append(b, "<ResponseMetadata><RequestId>"...)
	b = append(b, requestID...)
	b = append(b, "</RequestId></ResponseMetadata></"...)
	b = append(b, op.name...)
	b = append(b, "Response>"...)
	return answer{status: 200, contentType: xmlContentType, body: b}, nil
}

func (p *queryProtocol) fail(f *fault, requestID string) answer {
	code, status := f.wire(p.service)
	kind := "Sender"
	if f.server {
		kind = "Receiver"
	}
	var b strings.Builder
	b.WriteString("<ErrorResponse")
	if p.xmlns != "" {
		b.WriteString(` xmlns="` + string(appendXMLText(nil, p.xmlns)) + `"`)
	}
	b.WriteString("><Error><Type>" + kind + "</Type><Code>" + string(appendXMLText(nil, code)) + "</Code><Message>" +
		string(appendXMLText(nil, f.message)) + "</Message></Error><RequestId>" + requestID + "</RequestId></ErrorResponse>")
	return answer{status: status, contentType: xmlContentType, body: []byte(b.String())}
}
