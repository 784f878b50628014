package awsapi

import (
	"reflect"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/sigv4"
)

// fault is anything but success, before a protocol gives it its form.
type fault struct {
	refusal refusal // what the pipeline itself refuses; 0 for an error of a handler
	code    string  // of a handler's error
	message string
	server  bool
	shape   reflect.Value // of a modelled error: the struct with its further members
	err     error         // what the handler returned
}

// refusal is a way in which the pipeline refuses a call. The set is closed;
// wording.go has code and status of each in each protocol.
type refusal uint8

const (
	handlerError refusal = iota
	unsigned
	incompleteSignature
	wrongSignature
	unknownKey
	expiredToken
	notAuthorized
	unknownOperation
	malformed
	invalidInput
	tooLarge
	internalFailure
	refusals
)

func refuse(r refusal, message string) *fault {
	return &fault{refusal: r, message: message, server: r == internalFailure}
}

// ErrUnknownKey is what Keys answers for an access key that nobody has.
var ErrUnknownKey error = sigv4.ErrUnknownKey

// ErrExpiredToken is what Keys answers for a session that is over or revoked.
var ErrExpiredToken error = sigv4.ErrExpiredToken

// signatureFault turns the verifier's closed set into ours.
func signatureFault(err *sigv4.Error) *fault {
	switch err.Kind {
	case sigv4.Unsigned:
		return refuse(unsigned, err.Message)
	case sigv4.Incomplete:
		return refuse(incompleteSignature, err.Message)
	case sigv4.UnknownKey:
		return refuse(unknownKey, err.Message)
	case sigv4.ExpiredToken:
		return refuse(expiredToken, err.Message)
	}
	return refuse(wrongSignature, err.Message) // Mismatch, Expired, NotYet, WrongScope
}

// modelled turns an error of AWS's model into a fault as it is.
func modelled(err error, known smithy.APIError) *fault {
	f := &fault{code: known.ErrorCode(), message: known.ErrorMessage(), server: known.ErrorFault() == smithy.FaultServer, err: err}
	if v := reflect.ValueOf(known); v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
		if _, generic := known.(*smithy.GenericAPIError); !generic {
			f.shape = v.Elem()
		}
	}
	return f
}

// asError is the fault for a caller in process: what the handler returned, or
// the pipeline's refusal in the words of the service.
func (f *fault) asError(s *service) error {
	if f.err != nil {
		return f.err
	}
	code, _ := f.wire(s)
	class := smithy.FaultClient
	if f.server {
		class = smithy.FaultServer
	}
	return &smithy.GenericAPIError{Code: code, Message: f.message, Fault: class}
}

// wire is code and status of the fault as s says it; nil stands for a service
// that we do not have.
func (f *fault) wire(s *service) (code string, status int) {
	if s == nil {
		s = &service{Service: &Service{}, style: restStyle}
	}
	if f.refusal != handlerError {
		w := wordings[f.refusal][s.style]
		if f.refusal == invalidInput && s.InvalidInput != "" {
			w.code = s.InvalidInput
		}
		return w.code, w.status
	}
	switch own, ok := s.Status[f.code]; {
	case ok:
		return f.code, own
	case f.server:
		return f.code, 500
	}
	return f.code, 400
}

// headerText is text as a header may carry it, or "" if it had to be altered.
func headerText(text string) string {
	if len(text) > 1024 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	return text
}
