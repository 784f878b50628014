package awsapitest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"sync/atomic"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// Every makes a registration of each operation that an SDK client has and that
// options knows; options returns false for those to leave out. What is public
// and what is required is taken from the client, so a Prove of it is about
// shapes and messages, not about those two.
func Every(client NewClient, options func(name string, in, out reflect.Type) ([]awsapi.Option, bool)) []awsapi.Operation {
	var signed atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signed.Store(r.Header.Get("Authorization") != "")
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer server.Close()
	c := reflect.ValueOf(client(config(server.URL)))
	var list []awsapi.Operation
	for i := range c.NumMethod() {
		in, out, ok := shapes(c.Method(i).Type())
		if !ok {
			continue
		}
		name := c.Type().Method(i).Name
		more, ok := options(name, in, out)
		if !ok {
			continue
		}
		op := awsapi.OpOf(name, awsapi.AnyCaller, in, out, unused)
		required := requiredBySDK(c.Method(i), op)
		input := reflect.New(in)
		(&filler{}).fillOnly(input.Elem(), required)
		call(c.Method(i), input) // fails at the server; whether it was signed is the question
		who := awsapi.AnyCaller
		if !signed.Load() {
			who = awsapi.Public
		}
		list = append(list, awsapi.OpOf(name, who, in, out, unused, append(more, awsapi.Require(required...))...))
	}
	return list
}

func unused(context.Context, *access.Call, any) (any, error) {
	return nil, errors.New("awsapitest: not called")
}

// shapes are In and Out of func(context.Context, *In, ...func(*Options)) (*Out, error).
func shapes(method reflect.Type) (in, out reflect.Type, ok bool) {
	if method.NumIn() != 3 || method.NumOut() != 2 || !method.IsVariadic() ||
		method.In(0) != reflect.TypeFor[context.Context]() || method.In(1).Kind() != reflect.Pointer ||
		method.Out(0).Kind() != reflect.Pointer || method.Out(1) != reflect.TypeFor[error]() {
		return nil, nil, false
	}
	return method.In(1).Elem(), method.Out(0).Elem(), true
}
