package awsapi

import (
	"fmt"
	"reflect"
	"strings"
)

// Union is a member of which exactly one of several forms is sent. The SDK has
// an interface for it, and a struct with a Value for each form; which structs
// those are cannot be found out by reflection, so whoever registers the service
// names them.
//
// https://smithy.io/2.0/spec/aggregate-types.html#union
type Union struct {
	face reflect.Type
	arms []arm
}

// arm is one form of a union.
type arm struct {
	wire  string
	shape reflect.Type // the struct, whose Value travels
}

// UnionOf registers the forms of the union I:
//
//	awsapi.UnionOf[types.PolicyIdentifier](&types.PolicyIdentifierMemberPolicyArn{}, ...)
//
// It panics when one of them is not a form as the SDK writes it.
func UnionOf[I any](forms ...I) Union {
	u := Union{face: reflect.TypeFor[I]()}
	for _, form := range forms {
		typ := reflect.TypeOf(form)
		wire, ok := "", typ != nil && typ.Kind() == reflect.Pointer && typ.Elem().Kind() == reflect.Struct
		if ok {
			wire, ok = strings.CutPrefix(typ.Elem().Name(), u.face.Name()+"Member")
		}
		if ok {
			_, ok = typ.Elem().FieldByName("Value")
		}
		if !ok {
			panic(fmt.Sprintf("awsapi: %v is no form of the union %v", typ, u.face))
		}
		u.arms = append(u.arms, arm{wire, typ.Elem()})
	}
	return u
}

// Forms are the structs of the union's forms by its interface, for proofs.
func (u Union) Forms() (face reflect.Type, forms []reflect.Type) {
	for _, a := range u.arms {
		forms = append(forms, a.shape)
	}
	return u.face, forms
}

func unionOf(list []Union, face reflect.Type) (Union, bool) {
	for _, u := range list {
		if u.face == face {
			return u, true
		}
	}
	return Union{}, false
}

// union reads the one form that a node has. An unknown one beside it is one too
// many as well: what it asks for would silently not be done.
func (c *formReaders) union(u Union) (formRead, error) {
	reads := make(map[string]func(n *formNode) (reflect.Value, error), len(u.arms))
	for _, a := range u.arms {
		value, _ := a.shape.FieldByName("Value")
		read, err := c.value(value.Type)
		if err != nil {
			return nil, fmt.Errorf("form %s: %w", a.wire, err)
		}
		reads[a.wire] = func(n *formNode) (reflect.Value, error) {
			form := reflect.New(a.shape)
			return form, read(n, form.Elem().FieldByIndex(value.Index))
		}
	}
	return func(n *formNode, v reflect.Value) error {
		if n.value != "" {
			return bad("STRING_VALUE can not be converted to a union")
		}
		if len(n.children) != 1 {
			return bad("A union has exactly one of its members")
		}
		for wire, child := range n.children {
			read := reads[wire]
			if read == nil {
				return bad("The union has no member '" + clip(wire) + "'")
			}
			form, err := read(child)
			if err != nil {
				return err
			}
			v.Set(form)
		}
		return nil
	}, nil
}
