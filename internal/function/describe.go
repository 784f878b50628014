package function

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sallyport/sallyport/internal/keyring"
)

// describe is a version as AWS shows it. t has the qualifier that the ARN is to
// have: none for $LATEST asked for without one.
func (s *Service) describe(t target, label string, c *Configuration) (*types.FunctionConfiguration, error) {
	out := &types.FunctionConfiguration{
		Architectures:    []types.Architecture{types.Architecture(c.Architecture)},
		CodeSha256:       aws.String(base64Of(c.CodeSHA256)),
		CodeSize:         c.CodeSize,
		Description:      &c.Description,
		EphemeralStorage: &types.EphemeralStorage{Size: aws.Int32(ephemeralMB)},
		FunctionArn:      aws.String(t.arn()),
		FunctionName:     &t.name,
		Handler:          &c.Handler,
		LastModified:     aws.String(time.UnixMilli(c.LastModified).UTC().Format(lastModifiedAWS)),
		LastUpdateStatus: types.LastUpdateStatusSuccessful,
		LoggingConfig:    &types.LoggingConfig{LogFormat: types.LogFormatText, LogGroup: aws.String("/aws/lambda/" + t.name)},
		MemorySize:       &c.MemoryMB,
		PackageType:      types.PackageTypeZip,
		RevisionId:       &c.RevisionID,
		Role:             &c.Role,
		Runtime:          types.Runtime(c.Runtime),
		SnapStart:        &types.SnapStartResponse{ApplyOn: types.SnapStartApplyOnNone, OptimizationStatus: types.SnapStartOptimizationStatusOff},
		State:            types.StateActive,
		Timeout:          &c.Timeout,
		TracingConfig:    &types.TracingConfigResponse{Mode: types.TracingModePassThrough},
		Version:          &label,
	}
	variables, err := s.openEnvironment(key{t.region, t.name}, c)
	if err != nil {
		return nil, err
	}
	if len(variables) > 0 {
		out.Environment = &types.EnvironmentResponse{Variables: variables}
	}
	return out, nil
}

// shaped copies a configuration into an operation's output: the same members
// under another type, and in some outputs more.
func shaped[Out any](c *types.FunctionConfiguration, err error) (*Out, error) {
	if err != nil {
		return nil, err
	}
	out := new(Out)
	from, into := reflect.ValueOf(c).Elem(), reflect.ValueOf(out).Elem()
	for i := range from.NumField() {
		if field := from.Type().Field(i); field.IsExported() {
			into.FieldByName(field.Name).Set(from.Field(i))
		}
	}
	return out, nil
}

func environmentID(at key, c *Configuration) string {
	return at.region + "/" + at.name + "/" + c.EnvironmentID
}

// sealEnvironment puts variables into c, unless they are those that it has.
func (s *Service) sealEnvironment(at key, c *Configuration, variables map[string]string) (changed bool, err error) {
	old, err := s.openEnvironment(at, c)
	if err != nil {
		return false, err
	}
	if len(variables) == len(old) && (len(old) == 0 || reflect.DeepEqual(old, variables)) {
		return false, nil
	}
	if len(variables) == 0 {
		c.Environment, c.EnvironmentID = nil, ""
		return true, nil
	}
	plain, err := json.Marshal(variables)
	if err != nil {
		return false, err
	}
	if c.EnvironmentID, err = s.newID(); err != nil {
		return false, err
	}
	c.Environment, err = s.keys.Seal(keyring.Environment, environmentID(at, c), plain)
	return true, err
}

func (s *Service) openEnvironment(at key, c *Configuration) (map[string]string, error) {
	if len(c.Environment) == 0 {
		return nil, nil
	}
	plain, err := s.keys.Open(keyring.Environment, environmentID(at, c), c.Environment)
	if err != nil {
		return nil, err
	}
	var variables map[string]string
	return variables, json.Unmarshal(plain, &variables)
}
