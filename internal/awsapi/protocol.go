package awsapi

import (
	"net/http"
	"net/url"
	"reflect"
)

// protocol is one way in which AWS's messages travel, compiled for one service.
type protocol interface {
	// match says whether the message is for this service and which operation it
	// means. found.op is nil for one that the service does not have.
	match(m *message) (found match, mine bool)
	// decode reads the input: a pointer to the operation's shape. Its errors are *badInput.
	decode(op *operation, m *message, found match) (any, error)
	// encode makes the answer from the output, a pointer to the operation's shape.
	encode(op *operation, out any, requestID string) (answer, error)
	// fail makes the answer that says what went wrong.
	fail(f *fault, requestID string) answer
}

// match is the operation that a message means.
type match struct {
	service *service
	op      *operation // nil: not one that we have
	name    string     // as the client calls it
	labels  []string   // what the path has in place of the route's labels, REST only
}

// message is a request with what the protocols need of it read once.
type message struct {
	r      *http.Request
	target string     // X-Amz-Target
	query  url.Values // of the URL
	form   url.Values // parameters of a Query message, from the body or, for GET, from the URL
	body   []byte
}

// answer is what goes back.
type answer struct {
	status      int
	contentType string
	header      [][2]string
	body        []byte
}

// service is a Service as it was compiled.
type service struct {
	*Service
	style      style
	protocol   protocol
	operations map[string]*operation
}

func (s *service) signedAs() string {
	if s.SignedAs != "" {
		return s.SignedAs
	}
	return s.Name
}

// operation is an Operation as it was compiled.
type operation struct {
	Operation
	service *service
	needs   []need
}

// need is a required member.
type need struct {
	index int
	name  string // as AWS's messages call it: userPoolId
}

// missing are the required members that in lacks.
func (o *operation) missing(in reflect.Value) []string {
	var names []string
	for _, n := range o.needs {
		if absent(in.Field(n.index)) {
			names = append(names, n.name)
		}
	}
	return names
}
