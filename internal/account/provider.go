package account

import "github.com/sallyport/sallyport/internal/awsapi"

// providerOperations are those on identity providers: OpenID Connect and SAML.
func (s *Service) providerOperations() []awsapi.Operation { return nil }
