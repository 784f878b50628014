package userpool

import (
	"context"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// What AWS has and Sallyport has not says so, by the operation's name. The
// README tells the same with the reasons.
const (
	hosted      = "pages for signing in, on a domain of the pool"
	saml        = "sign-in by SAML"
	replicas    = "replicas in other Regions; the nodes of one deployment share a database"
	logDelivery = "export of logs; every request has its record, see sallyport requests"
)

// absent refuses an operation, to whoever has signed the call: nothing is told
// that permission would be needed for.
func absent[In, Out any](operation, what string, required ...string) awsapi.Operation {
	return awsapi.Op(operation, awsapi.AnyCaller, func(context.Context, *access.Call, *In) (*Out, error) {
		return nil, unsupported("The operation " + operation + " (" + what + ")")
	}, awsapi.Require(required...))
}

// absentOperations are those that would make something that is not here. To look
// for it is answered as AWS answers where there is none.
func (s *Service) absentOperations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Op("DescribeUserPoolDomain", awsapi.Action("cognito-idp:DescribeUserPoolDomain", awsapi.AnyResource), describeNoDomain, awsapi.Require("Domain")),
		onPool(s, "GetUICustomization", s.GetUICustomization, func(in *idp.GetUICustomizationInput) *string { return in.UserPoolId }),
		onPool(s, "ListTerms", s.ListTerms, func(in *idp.ListTermsInput) *string { return in.UserPoolId }),
		onPool(s, "GetLogDeliveryConfiguration", s.GetLogDeliveryConfiguration, func(in *idp.GetLogDeliveryConfigurationInput) *string { return in.UserPoolId }),
		absent[idp.CreateUserPoolDomainInput, idp.CreateUserPoolDomainOutput]("CreateUserPoolDomain", hosted, "UserPoolId", "Domain"),
		absent[idp.UpdateUserPoolDomainInput, idp.UpdateUserPoolDomainOutput]("UpdateUserPoolDomain", hosted, "UserPoolId", "Domain"),
		absent[idp.DeleteUserPoolDomainInput, idp.DeleteUserPoolDomainOutput]("DeleteUserPoolDomain", hosted, "UserPoolId", "Domain"),
		absent[idp.SetUICustomizationInput, idp.SetUICustomizationOutput]("SetUICustomization", hosted, "UserPoolId"),
		absent[idp.CreateManagedLoginBrandingInput, idp.CreateManagedLoginBrandingOutput]("CreateManagedLoginBranding", hosted, "UserPoolId", "ClientId"),
		absent[idp.DescribeManagedLoginBrandingInput, idp.DescribeManagedLoginBrandingOutput]("DescribeManagedLoginBranding", hosted, "UserPoolId", "ManagedLoginBrandingId"),
		absent[idp.DescribeManagedLoginBrandingByClientInput, idp.DescribeManagedLoginBrandingByClientOutput]("DescribeManagedLoginBrandingByClient", hosted, "UserPoolId", "ClientId"),
		absent[idp.UpdateManagedLoginBrandingInput, idp.UpdateManagedLoginBrandingOutput]("UpdateManagedLoginBranding", hosted),
		absent[idp.DeleteManagedLoginBrandingInput, idp.DeleteManagedLoginBrandingOutput]("DeleteManagedLoginBranding", hosted, "UserPoolId", "ManagedLoginBrandingId"),
		absent[idp.CreateTermsInput, idp.CreateTermsOutput]("CreateTerms", hosted, "UserPoolId", "ClientId", "TermsName", "TermsSource", "Enforcement"),
		absent[idp.DescribeTermsInput, idp.DescribeTermsOutput]("DescribeTerms", hosted, "UserPoolId", "TermsId"),
		absent[idp.UpdateTermsInput, idp.UpdateTermsOutput]("UpdateTerms", hosted, "UserPoolId", "TermsId"),
		absent[idp.DeleteTermsInput, idp.DeleteTermsOutput]("DeleteTerms", hosted, "UserPoolId", "TermsId"),
		absent[idp.GetSigningCertificateInput, idp.GetSigningCertificateOutput]("GetSigningCertificate", saml, "UserPoolId"),
		absent[idp.CreateUserPoolReplicaInput, idp.CreateUserPoolReplicaOutput]("CreateUserPoolReplica", replicas, "UserPoolId", "RegionName"),
		absent[idp.ListUserPoolReplicasInput, idp.ListUserPoolReplicasOutput]("ListUserPoolReplicas", replicas, "UserPoolId"),
		absent[idp.UpdateUserPoolReplicaInput, idp.UpdateUserPoolReplicaOutput]("UpdateUserPoolReplica", replicas, "UserPoolId", "RegionName", "Status"),
		absent[idp.DeleteUserPoolReplicaInput, idp.DeleteUserPoolReplicaOutput]("DeleteUserPoolReplica", replicas, "UserPoolId", "RegionName"),
		absent[idp.SetLogDeliveryConfigurationInput, idp.SetLogDeliveryConfigurationOutput]("SetLogDeliveryConfiguration", logDelivery, "UserPoolId", "LogConfigurations"),
	}
}

func describeNoDomain(context.Context, *access.Call, *idp.DescribeUserPoolDomainInput) (*idp.DescribeUserPoolDomainOutput, error) {
	return &idp.DescribeUserPoolDomainOutput{DomainDescription: &types.DomainDescriptionType{}}, nil
}

// GetUICustomization shows that the pages of a pool are not customized.
func (s *Service) GetUICustomization(_ context.Context, call *access.Call, in *idp.GetUICustomizationInput) (*idp.GetUICustomizationOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return &idp.GetUICustomizationOutput{UICustomization: &types.UICustomizationType{UserPoolId: &p.ID, ClientId: in.ClientId}}, nil
}

// ListTerms shows that a pool has no terms to agree to.
func (s *Service) ListTerms(_ context.Context, call *access.Call, in *idp.ListTermsInput) (*idp.ListTermsOutput, error) {
	if _, err := s.pool(call, in.UserPoolId); err != nil {
		return nil, err
	}
	return &idp.ListTermsOutput{Terms: []types.TermsDescriptionType{}}, nil
}

// GetLogDeliveryConfiguration shows that a pool exports no logs.
func (s *Service) GetLogDeliveryConfiguration(_ context.Context, call *access.Call, in *idp.GetLogDeliveryConfigurationInput) (*idp.GetLogDeliveryConfigurationOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return &idp.GetLogDeliveryConfigurationOutput{LogDeliveryConfiguration: &types.LogDeliveryConfigurationType{
		UserPoolId: &p.ID, LogConfigurations: []types.LogConfigurationType{},
	}}, nil
}
