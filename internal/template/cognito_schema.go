package template

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

const (
	customAttribute    = "custom:"
	developerAttribute = "dev:custom:"
	attributesAtOnce   = 25 // of one AddCustomAttributes
	attributesOfAPool  = 50 // custom ones
)

// poolSchema is the property of a pool that names its attributes.
type poolSchema struct {
	Schema []cognitotypes.SchemaAttributeType
}

// keepSchemas looks at the pools whose Schema the template changes, before
// anything is touched. What waits for resources is looked at by the update.
func (d *deploy) keepSchemas(ctx context.Context) error {
	rep := &report{file: d.file}
	for _, id := range d.order {
		r, row := d.resources[id], d.current(id)
		if r.kind != userPoolType || row == nil || row.Type != userPoolType.name {
			continue
		}
		part, at := &node{kind: mapping, at: r.properties.at}, r.at
		for _, f := range r.properties.fields {
			if f.name == "Schema" {
				at = f.at
			}
			if f.name == "Schema" || userPoolType.properties[f.name].fixed {
				part.fields = append(part.fields, f)
			}
		}
		quiet := &report{file: d.file}
		properties := d.evaluate(ctx, quiet, part)
		if quiet.err() != nil {
			continue
		}
		w := &work{deploy: d, resource: r, row: row, properties: plainFields(properties, userPoolType.properties)}
		if replaced, err := w.newPool(); err != nil {
			return err
		} else if replaced { // its users are another question: see keepAccounts
			continue
		}
		_, err := w.addedAttributes(ctx)
		var refused schemaError
		switch {
		case errors.As(err, &refused):
			rep.problem(at, "%s: %v", id, refused)
		case unlessGone(err) != nil:
			return err
		}
	}
	return rep.err()
}

// newPool says whether something has changed that only a new pool can have.
func (w *work) newPool() (bool, error) {
	prints, err := w.fingerprints(w.resource, w.properties)
	for name, s := range userPoolType.properties {
		if s.fixed && prints[name] != w.row.Properties[name] {
			return true, err
		}
	}
	return false, err
}

// schemaError is a change that no pool can make.
type schemaError string

func (e schemaError) Error() string { return string(e) }

func forGood(what, attribute string) error {
	return schemaError("Schema " + what + " " + attribute + ": a user pool's attributes cannot be changed or removed, only custom ones added; the pool is left as it is")
}

// addedAttributes are those of the template that the pool does not have. It is
// asked of the pool, so that what an interrupted deploy has added counts. A
// Schema that is as it was last deployed adds nothing, whatever else somebody
// has added to the pool.
func (w *work) addedAttributes(ctx context.Context) ([]cognitotypes.SchemaAttributeType, error) {
	prints, err := w.fingerprints(w.resource, w.properties)
	if err != nil || prints["Schema"] == w.row.Properties["Schema"] {
		return nil, err
	}
	var want poolSchema
	if err := into(w.properties, &want); err != nil {
		return nil, err
	}
	out, err := invoke[cognito.DescribeUserPoolOutput](ctx, w.deploy, cognitoIDP, "DescribeUserPool", &cognito.DescribeUserPoolInput{UserPoolId: &w.row.PhysicalID})
	if err != nil {
		return nil, err
	}
	return schemaAdds(out.UserPool.SchemaAttributes, want.Schema)
}

// addAttributes gives the pool the custom attributes that its template has gained.
func (w *work) addAttributes(ctx context.Context, added []cognitotypes.SchemaAttributeType) error {
	for some := range slices.Chunk(added, attributesAtOnce) {
		if _, err := invoke[cognito.AddCustomAttributesOutput](ctx, w.deploy, cognitoIDP, "AddCustomAttributes",
			&cognito.AddCustomAttributesInput{UserPoolId: &w.row.PhysicalID, CustomAttributes: some}); err != nil {
			return err
		}
	}
	return nil
}

// schemaAdds compares a pool's attributes with a template's. What the template
// does not say is as it is when a pool is made.
func schemaAdds(has, want []cognitotypes.SchemaAttributeType) (added []cognitotypes.SchemaAttributeType, err error) {
	named := map[string]cognitotypes.SchemaAttributeType{}
	total := 0
	pool := map[string]bool{}
	for _, a := range has {
		pool[aws.ToString(a.Name)] = true
		if isCustom(aws.ToString(a.Name)) {
			total++
		}
	}
	for _, a := range want {
		name := aws.ToString(a.Name)
		if !pool[name] || isCustom(name) {
			name = customAttribute + name
			if aws.ToBool(a.DeveloperOnlyAttribute) {
				name = developerAttribute + aws.ToString(a.Name)
			}
		}
		if _, twice := named[name]; twice {
			return nil, schemaError("Schema names " + name + " twice")
		}
		named[name] = a
		if !pool[name] {
			added = append(added, a)
		}
	}
	for _, a := range has {
		name := aws.ToString(a.Name)
		wanted, ok := named[name]
		if !ok && isCustom(name) {
			return nil, forGood("does not list", name)
		}
		if !ok {
			wanted = cognitotypes.SchemaAttributeType{Name: a.Name}
		}
		if parts := changedParts(a, wanted); len(parts) > 0 {
			return nil, forGood("changes "+names(parts)+" of", name)
		}
	}
	if total+len(added) > attributesOfAPool { // some would be added for good, and then the rest refused
		return nil, schemaError(fmt.Sprintf("Schema gives the pool %d custom attributes, and it can have %d", total+len(added), attributesOfAPool))
	}
	return added, nil
}

func isCustom(name string) bool {
	return strings.HasPrefix(name, customAttribute) || strings.HasPrefix(name, developerAttribute)
}

// changedParts are the fields in which the template's rule is not the pool's.
func changedParts(has, want cognitotypes.SchemaAttributeType) (parts []string) {
	name := aws.ToString(has.Name)
	sub, custom := name == "sub", isCustom(name)
	part := func(name string, same bool) {
		if !same {
			parts = append(parts, name)
		}
	}
	flag := func(given *bool, unsaid bool) bool {
		if given == nil {
			return unsaid
		}
		return *given
	}
	part("AttributeDataType", has.AttributeDataType == want.AttributeDataType || want.AttributeDataType == "" && !custom)
	part("DeveloperOnlyAttribute", aws.ToBool(has.DeveloperOnlyAttribute) == aws.ToBool(want.DeveloperOnlyAttribute))
	part("Mutable", aws.ToBool(has.Mutable) == flag(want.Mutable, !sub))
	part("Required", aws.ToBool(has.Required) == flag(want.Required, sub))

	low, high := unsaidBounds(name, has.AttributeDataType)
	switch has.AttributeDataType { // bounds of another type count for nothing
	case cognitotypes.AttributeDataTypeString:
		h, w := aws.ToString, want.StringAttributeConstraints
		if w == nil {
			w = &cognitotypes.StringAttributeConstraintsType{}
		}
		now := has.StringAttributeConstraints
		if now == nil {
			now = &cognitotypes.StringAttributeConstraintsType{}
		}
		part("MinLength", sameBound(h(now.MinLength), h(w.MinLength), low))
		part("MaxLength", sameBound(h(now.MaxLength), h(w.MaxLength), high))
	case cognitotypes.AttributeDataTypeNumber:
		h, w := aws.ToString, want.NumberAttributeConstraints
		if w == nil {
			w = &cognitotypes.NumberAttributeConstraintsType{}
		}
		now := has.NumberAttributeConstraints
		if now == nil {
			now = &cognitotypes.NumberAttributeConstraintsType{}
		}
		part("MinValue", sameBound(h(now.MinValue), h(w.MinValue), low))
		part("MaxValue", sameBound(h(now.MaxValue), h(w.MaxValue), high))
	}
	return parts
}

// unsaidBounds are those that an attribute has when nobody says any, "" for none:
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
func unsaidBounds(name string, kind cognitotypes.AttributeDataType) (low, high string) {
	switch {
	case isCustom(name), name == "identities":
		return "", ""
	case name == "sub":
		return "1", "2048"
	case name == "birthdate":
		return "10", "10"
	case kind == cognitotypes.AttributeDataTypeNumber:
		return "0", ""
	}
	return "0", "2048"
}

func sameBound(has, want, unsaid string) bool {
	if want == "" {
		want = unsaid
	}
	if n, err := strconv.ParseInt(want, 10, 64); err == nil { // "007" is 7
		want = strconv.FormatInt(n, 10)
	}
	return has == want
}
