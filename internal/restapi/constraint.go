package restapi

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/smithy-go"
)

// What AWS's own model of the API says of a member, it holds against a call
// before anything else, all of it at once, with a ValidationException.

// enumOrder are the enumerations of what there is here, in the order in which AWS
// lists them. Others belong to what is refused by its name.
var enumOrder = map[string][]string{
	"Op":               {"add", "remove", "move", "test", "replace", "copy"},
	"ApiKeySourceType": {"AUTHORIZER", "HEADER"},
	"EndpointType":     {"PRIVATE", "EDGE", "REGIONAL"},
	"IpAddressType":    {"ipv4", "dualstack"},
	"IntegrationType":  {"HTTP", "MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS"},
	"GatewayResponseType": {
		"REQUEST_TOO_LARGE", "RESOURCE_NOT_FOUND", "AUTHORIZER_CONFIGURATION_ERROR", "MISSING_AUTHENTICATION_TOKEN",
		"BAD_REQUEST_BODY", "INVALID_SIGNATURE", "INVALID_API_KEY", "BAD_REQUEST_PARAMETERS", "AUTHORIZER_FAILURE",
		"UNAUTHORIZED", "INTEGRATION_TIMEOUT", "ACCESS_DENIED", "DEFAULT_4XX", "DEFAULT_5XX", "WAF_FILTERED",
		"QUOTA_EXCEEDED", "THROTTLED", "API_CONFIGURATION_ERROR", "UNSUPPORTED_MEDIA_TYPE", "INTEGRATION_FAILURE", "EXPIRED_TOKEN",
	},
}

// modelStatus is what the model takes for a status; that the status is one that
// can be answered is said by checkStatus.
var modelStatus = regexp.MustCompile(`^[1-5]\d\d$`)

// constrain holds an input to the model. labels are the members that stand in the
// path, which AWS names alone; others are named from the operation's input on.
func constrain(operation string, labels []string, in any) error {
	input := strings.ToLower(operation[:1]) + operation[1:] + "Input."
	v, ofInput := &violations{}, reflect.ValueOf(in).Elem()
	v.structure(input, ofInput, labels)
	for _, label := range labels {
		switch m := reflect.Indirect(ofInput.FieldByName(label)); {
		case !m.IsValid():
		case label == "StatusCode":
			if !modelStatus.MatchString(m.String()) {
				v.add("Value '%s' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\\d\\d", m.String())
			}
		default:
			v.value(lowerFirst(label), m)
		}
	}
	return v.refusal()
}

type violations []string

func (v *violations) add(format string, args ...any) { *v = append(*v, fmt.Sprintf(format, args...)) }

// structure looks at the members of a structure, lists first, as AWS tells them.
func (v *violations) structure(at string, of reflect.Value, without []string) {
	for _, lists := range []bool{true, false} {
		for i := range of.NumField() {
			f := of.Type().Field(i)
			if f.IsExported() && !slices.Contains(without, f.Name) && (f.Type.Kind() == reflect.Slice) == lists {
				v.value(at+lowerFirst(f.Name), of.Field(i))
			}
		}
	}
}

func (v *violations) value(at string, m reflect.Value) {
	switch m.Kind() {
	case reflect.Pointer:
		if !m.IsNil() && m.Elem().Kind() == reflect.Struct {
			v.structure(at+".", m.Elem(), nil)
		}
	case reflect.String:
		if set := enumValues(m.Type()); set != nil && m.String() != "" && !slices.Contains(set, m.String()) {
			v.add("Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: [%s]", m.String(), at, strings.Join(set, ", "))
		}
	case reflect.Slice:
		v.list(at, m)
	}
}

func (v *violations) list(at string, m reflect.Value) {
	if m.Type().Elem().Kind() == reflect.Struct {
		for i := range m.Len() {
			v.structure(fmt.Sprintf("%s.%d.member.", at, i+1), m.Index(i), nil)
		}
		return
	}
	set := enumValues(m.Type().Elem())
	if set == nil {
		return
	}
	for i := range m.Len() {
		if !slices.Contains(set, m.Index(i).String()) {
			v.add("Value '%v' at '%s' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [%s]]",
				m.Interface(), at, strings.Join(set, ", "))
			return
		}
	}
}

func (v *violations) refusal() error {
	if len(*v) == 0 {
		return nil
	}
	errors := "error"
	if len(*v) > 1 {
		errors = "errors"
	}
	return &smithy.GenericAPIError{
		Code: "ValidationException", Fault: smithy.FaultClient,
		Message: fmt.Sprintf("%d validation %s detected: %s", len(*v), errors, strings.Join(*v, "; ")),
	}
}

// enumValues are the values of an enumeration of the SDK that AWS holds calls to.
func enumValues(t reflect.Type) []string {
	if t.Kind() != reflect.String || t.PkgPath() != reflect.TypeFor[types.Op]().PkgPath() {
		return nil
	}
	return enumOrder[t.Name()]
}

func lowerFirst(name string) string { return strings.ToLower(name[:1]) + name[1:] }
