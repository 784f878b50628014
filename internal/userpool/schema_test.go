package userpool_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func TestSchemaAttributesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	length := func(low, high string) *types.StringAttributeConstraintsType {
		return &types.StringAttributeConstraintsType{MinLength: aws.String(low), MaxLength: aws.String(high)}
	}
	value := func(low, high string) *types.NumberAttributeConstraintsType {
		return &types.NumberAttributeConstraintsType{MinValue: aws.String(low), MaxValue: aws.String(high)}
	}
	for name, c := range map[string]struct {
		attribute types.SchemaAttributeType
		text      string
	}{
		"a type that does not exist": {types.SchemaAttributeType{Name: aws.String("x"), AttributeDataType: "Banana"},
			"Validation error detected: Value 'Banana' failed to satisfy constraint: Member must satisfy enum value set: [Boolean, Number, String, DateTime]"},
		"a custom attribute without a type": {types.SchemaAttributeType{Name: aws.String("x")},
			"Invalid AttributeDataType input, consider using the provided AttributeDataType enum."},
		"another type for a standard attribute": {types.SchemaAttributeType{Name: aws.String("email"), AttributeDataType: "Number"},
			"You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute email"},
		"a standard attribute for developers": {types.SchemaAttributeType{Name: aws.String("email"), DeveloperOnlyAttribute: aws.Bool(true)},
			"You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute email"},
		"a length that is no number": {types.SchemaAttributeType{Name: aws.String("email"), AttributeDataType: "String", StringAttributeConstraints: length("ten", "20")},
			"Invalid StringAttributeConstraints for schema attribute email"},
		"a negative length": {types.SchemaAttributeType{Name: aws.String("email"), AttributeDataType: "String", StringAttributeConstraints: length("-1", "20")},
			"Invalid StringAttributeConstraints for schema attribute email"},
		"a length that no value may have": {types.SchemaAttributeType{Name: aws.String("email"), AttributeDataType: "String", StringAttributeConstraints: length("1", "2049")},
			"user.email: String attributes cannot have a length of more than 2048"},
		"lengths the wrong way around": {types.SchemaAttributeType{Name: aws.String("email"), AttributeDataType: "String", StringAttributeConstraints: length("2", "1")},
			"user.email: Max length cannot be less than min length."},
		"a bound that is no number": {types.SchemaAttributeType{Name: aws.String("updated_at"), AttributeDataType: "Number", NumberAttributeConstraints: value("1", "many")},
			"Invalid NumberAttributeConstraints for schema attribute updated_at"},
		"bounds the wrong way around": {types.SchemaAttributeType{Name: aws.String("updated_at"), AttributeDataType: "Number", NumberAttributeConstraints: value("2", "1")},
			"user.updated_at: Max value cannot be less than min value."},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateUserPool(context.Background(), &idp.CreateUserPoolInput{PoolName: aws.String("pizza"), Schema: []types.SchemaAttributeType{c.attribute}})
			refused(t, err, "InvalidParameterException", c.text)
		})
	}
}

func TestConstraintsOfAnotherTypeAreIgnored(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		for _, kind := range []types.AttributeDataType{"String", "Number", "Boolean"} {
			in.Schema = append(in.Schema, types.SchemaAttributeType{
				Name: aws.String(string(kind)), AttributeDataType: kind,
				StringAttributeConstraints: &types.StringAttributeConstraintsType{MinLength: aws.String("10"), MaxLength: aws.String("20")},
				NumberAttributeConstraints: &types.NumberAttributeConstraintsType{MinValue: aws.String("30"), MaxValue: aws.String("40")},
			})
		}
	})
	shown := must(w.DescribeUserPool(ctx, &idp.DescribeUserPoolInput{UserPoolId: pool.Id}))(t).UserPool.SchemaAttributes
	for _, a := range shown {
		s, n := a.StringAttributeConstraints, a.NumberAttributeConstraints
		switch aws.ToString(a.Name) {
		case "custom:String":
			if n != nil || s == nil || aws.ToString(s.MinLength) != "10" || aws.ToString(s.MaxLength) != "20" {
				t.Errorf("the text has the constraints %v and %v", s, n)
			}
		case "custom:Number":
			if s != nil || n == nil || aws.ToString(n.MinValue) != "30" || aws.ToString(n.MaxValue) != "40" {
				t.Errorf("the number has the constraints %v and %v", s, n)
			}
		case "custom:Boolean":
			if s != nil || n != nil {
				t.Errorf("the flag has the constraints %v and %v", s, n)
			}
		}
	}
	for value, fits := range map[string]bool{"35": true, "15": false, "5": false} {
		if err := w.create(pool, "user"+value, "custom:Number", value); (err == nil) != fits {
			t.Errorf("the number %s: %v", value, err)
		}
	}
}
