package account

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// What users and roles have at AWS and nobody can have here: there are no
// operations that would make it. Clients ask for it before they delete a user
// or a role, and the true answer is that there is none.
func (s *Service) absentOperations() []awsapi.Operation {
	return []awsapi.Operation{
		on(s, role, "ListInstanceProfilesForRole", s.ListInstanceProfilesForRole, "RoleName"),
		on(s, user, "ListMFADevices", s.ListMFADevices),
		on(s, user, "ListSSHPublicKeys", s.ListSSHPublicKeys),
		on(s, user, "ListSigningCertificates", s.ListSigningCertificates),
		on(s, user, "ListServiceSpecificCredentials", s.ListServiceSpecificCredentials),
		on(s, user, "GetLoginProfile", s.GetLoginProfile),
		on(s, user, "DeleteLoginProfile", s.DeleteLoginProfile),
	}
}

// noneOf checks that whoever is asked about is there: by name, or the caller.
func (s *Service) noneOf(ctx context.Context, call *access.Call, kind entityKind, name *string) error {
	if name == nil && call.Caller.Kind != access.User {
		return nil // root has none either
	}
	if name == nil {
		_, err := entities.Get(ctx, s.db, ownerID(&call.Caller))
		return err
	}
	_, err := s.find(ctx, s.db, kind, name)
	return err
}

// ListInstanceProfilesForRole lists none.
func (s *Service) ListInstanceProfilesForRole(ctx context.Context, call *access.Call, in *iam.ListInstanceProfilesForRoleInput) (*iam.ListInstanceProfilesForRoleOutput, error) {
	return &iam.ListInstanceProfilesForRoleOutput{InstanceProfiles: []types.InstanceProfile{}}, s.noneOf(ctx, call, role, in.RoleName)
}

// ListMFADevices lists none.
func (s *Service) ListMFADevices(ctx context.Context, call *access.Call, in *iam.ListMFADevicesInput) (*iam.ListMFADevicesOutput, error) {
	return &iam.ListMFADevicesOutput{MFADevices: []types.MFADevice{}}, s.noneOf(ctx, call, user, in.UserName)
}

// ListSSHPublicKeys lists none.
func (s *Service) ListSSHPublicKeys(ctx context.Context, call *access.Call, in *iam.ListSSHPublicKeysInput) (*iam.ListSSHPublicKeysOutput, error) {
	return &iam.ListSSHPublicKeysOutput{SSHPublicKeys: []types.SSHPublicKeyMetadata{}}, s.noneOf(ctx, call, user, in.UserName)
}

// ListSigningCertificates lists none.
func (s *Service) ListSigningCertificates(ctx context.Context, call *access.Call, in *iam.ListSigningCertificatesInput) (*iam.ListSigningCertificatesOutput, error) {
	return &iam.ListSigningCertificatesOutput{Certificates: []types.SigningCertificate{}}, s.noneOf(ctx, call, user, in.UserName)
}

// ListServiceSpecificCredentials lists none.
func (s *Service) ListServiceSpecificCredentials(ctx context.Context, call *access.Call, in *iam.ListServiceSpecificCredentialsInput) (*iam.ListServiceSpecificCredentialsOutput, error) {
	return &iam.ListServiceSpecificCredentialsOutput{ServiceSpecificCredentials: []types.ServiceSpecificCredentialMetadata{}}, s.noneOf(ctx, call, user, in.UserName)
}

// GetLoginProfile finds none: users here have keys and no passwords.
func (s *Service) GetLoginProfile(ctx context.Context, call *access.Call, in *iam.GetLoginProfileInput) (*iam.GetLoginProfileOutput, error) {
	return nil, s.noLogin(ctx, call, in.UserName)
}

// DeleteLoginProfile finds none.
func (s *Service) DeleteLoginProfile(ctx context.Context, call *access.Call, in *iam.DeleteLoginProfileInput) (*iam.DeleteLoginProfileOutput, error) {
	return nil, s.noLogin(ctx, call, in.UserName)
}

func (s *Service) noLogin(ctx context.Context, call *access.Call, name *string) error {
	if err := s.noneOf(ctx, call, user, name); err != nil {
		return err
	}
	if name == nil {
		return noSuchEntity("Login Profile for the caller cannot be found.")
	}
	return noSuchEntity("Login Profile for User %s cannot be found.", *name)
}
