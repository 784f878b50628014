package account

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sallyport/sallyport/internal/access"
)

// Service-linked roles belong to services of AWS, which are not here. Nobody
// may make what would look like one.
const (
	linkedPath = "/aws-service-role/"
	linkedName = "AWSServiceRoleFor"
)

// checkLinked refuses what only a service-linked role is called.
func checkLinked(name, path string) error {
	switch {
	case strings.HasPrefix(path, linkedPath):
		return invalidInput("Roles under %s belong to AWS's services.", linkedPath)
	case len(name) >= len(linkedName) && strings.EqualFold(name[:len(linkedName)], linkedName):
		return invalidInput("Names that begin with %s belong to the roles of AWS's services.", linkedName)
	}
	return nil
}

// CreateServiceLinkedRole always refuses: there is no such service here.
func (s *Service) CreateServiceLinkedRole(_ context.Context, _ *access.Call, in *iam.CreateServiceLinkedRoleInput) (*iam.CreateServiceLinkedRoleOutput, error) {
	return nil, invalidInput("Service-linked roles are not available here: there is no service %s to make one for.", deref(in.AWSServiceName))
}

// DeleteServiceLinkedRole finds none.
func (s *Service) DeleteServiceLinkedRole(ctx context.Context, _ *access.Call, in *iam.DeleteServiceLinkedRoleInput) (*iam.DeleteServiceLinkedRoleOutput, error) {
	if _, err := s.find(ctx, s.db, role, in.RoleName); err != nil {
		return nil, err
	}
	return nil, invalidInput("The role %s is not a service-linked role.", deref(in.RoleName))
}
