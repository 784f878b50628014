package userpool_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func TestWhatIsNotThereSaysSo(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	for name, call := range map[string]func() error{
		"The operation CreateUserPoolDomain (pages for signing in, on a domain of the pool)": func() error {
			_, err := w.CreateUserPoolDomain(ctx, &idp.CreateUserPoolDomainInput{UserPoolId: pool.Id, Domain: aws.String("pizza")})
			return err
		},
		"The operation SetUICustomization (pages for signing in, on a domain of the pool)": func() error {
			_, err := w.SetUICustomization(ctx, &idp.SetUICustomizationInput{UserPoolId: pool.Id})
			return err
		},
		"The operation GetSigningCertificate (sign-in by SAML)": func() error {
			_, err := w.GetSigningCertificate(ctx, &idp.GetSigningCertificateInput{UserPoolId: pool.Id})
			return err
		},
		"The operation SetLogDeliveryConfiguration (export of logs; every request has its record, see sallyport requests)": func() error {
			_, err := w.SetLogDeliveryConfiguration(ctx, &idp.SetLogDeliveryConfigurationInput{UserPoolId: pool.Id, LogConfigurations: []types.LogConfigurationType{}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, call(), "InvalidParameterException", name+" is not supported by Sallyport yet")
		})
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	if d := must(w.DescribeUserPoolDomain(ctx, &idp.DescribeUserPoolDomainInput{Domain: aws.String("pizza")}))(t).DomainDescription; d == nil || d.UserPoolId != nil {
		t.Errorf("a domain: %v", d)
	}
	if c := must(w.GetUICustomization(ctx, &idp.GetUICustomizationInput{UserPoolId: pool.Id}))(t).UICustomization; c == nil || c.CSS != nil {
		t.Errorf("a look: %v", c)
	}
	if list := must(w.ListTerms(ctx, &idp.ListTermsInput{UserPoolId: pool.Id}))(t).Terms; len(list) != 0 {
		t.Errorf("terms: %v", list)
	}
	if c := must(w.GetLogDeliveryConfiguration(ctx, &idp.GetLogDeliveryConfigurationInput{UserPoolId: pool.Id}))(t).LogDeliveryConfiguration; c == nil || len(c.LogConfigurations) != 0 {
		t.Errorf("exports: %v", c)
	}
	_, err := w.ListTerms(ctx, &idp.ListTermsInput{UserPoolId: aws.String("eu-west-1_none")})
	refused(t, err, "ResourceNotFoundException", "")
}
