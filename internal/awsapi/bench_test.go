package awsapi

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

const adminCreateUser = `{"UserPoolId":"us-east-1_abcdefghi","Username":"regular","TemporaryPassword":"Passw0rd!","MessageAction":"SUPPRESS",` +
	`"UserAttributes":[{"Name":"email","Value":"regular@example.com"},{"Name":"email_verified","Value":"true"}],"DesiredDeliveryMediums":["EMAIL"]}`

const adminCreateUserAnswer = `{"User":{"Username":"regular","Attributes":[{"Name":"email","Value":"regular@example.com"},{"Name":"sub","Value":"6f8f3a52-1111-2222-3333-444455556666"}],` +
	`"Enabled":true,"UserCreateDate":1700000000.25,"UserLastModifiedDate":1700000000.25,"UserStatus":"FORCE_CHANGE_PASSWORD"}}`

// BenchmarkJSONCall reads one AdminCreateUser and writes its answer.
func BenchmarkJSONCall(b *testing.B) {
	in, out := reflect.TypeFor[cognitoidentityprovider.AdminCreateUserInput](), reflect.TypeFor[cognitoidentityprovider.AdminCreateUserOutput]()
	name := renaming(asIs, nil)
	readers, writers := newJSONReaders(name, false), newJSONWriters(name, false)
	readIn, err := readers.value(in)
	if err != nil {
		b.Fatal(err)
	}
	readOut, err := readers.value(out)
	if err != nil {
		b.Fatal(err)
	}
	write, err := writers.value(out)
	if err != nil {
		b.Fatal(err)
	}
	answer := reflect.New(out).Elem()
	if err := readOut(&jsonText{data: []byte(adminCreateUserAnswer)}, answer); err != nil {
		b.Fatal(err)
	}
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(adminCreateUser)))
		for b.Loop() {
			t, _ := newJSONText([]byte(adminCreateUser))
			if err := readIn(t, reflect.New(in).Elem()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(adminCreateUserAnswer)))
		for b.Loop() {
			if _, err := write(make([]byte, 0, 512), answer); err != nil {
				b.Fatal(err)
			}
		}
	})
}
