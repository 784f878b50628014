package account

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

func boundaryShape(e *entity) *types.AttachedPermissionsBoundary {
	if e.Boundary == "" {
		return nil
	}
	return &types.AttachedPermissionsBoundary{PermissionsBoundaryArn: &e.Boundary, PermissionsBoundaryType: "Policy"} // so AWS answers, whatever its model says
}

// boundaryExists holds a boundary that a client wants to set against the
// policies that are there; nil sets none.
func (s *Service) boundaryExists(ctx context.Context, session store.Session, arn *string) error {
	if arn == nil {
		return nil
	}
	if !isPolicyARN(*arn) {
		return invalidInput("ARN %s is not valid.", *arn)
	}
	_, err := s.managed(ctx, session, arn)
	var missing *types.NoSuchEntityException
	if errors.As(err, &missing) {
		return noSuchEntity("Scope ARN: %s does not exist or is not attachable.", *arn)
	}
	return err
}

func (s *Service) putBoundary(ctx context.Context, kind entityKind, name, arn *string) error {
	_, err := s.change(ctx, kind, name, func(tx *store.Tx, e *entity) error {
		e.Boundary = deref(arn)
		return s.boundaryExists(ctx, tx, arn)
	})
	return err
}

func (s *Service) deleteBoundary(ctx context.Context, kind entityKind, name *string) error {
	_, err := s.change(ctx, kind, name, func(_ *store.Tx, e *entity) error {
		if e.Boundary == "" {
			return noSuchEntity("%s %s does not have a permission boundary", titles[kind], e.Name)
		}
		e.Boundary = ""
		return nil
	})
	return err
}

// PutUserPermissionsBoundary sets the policy that bounds what a user can be allowed.
func (s *Service) PutUserPermissionsBoundary(ctx context.Context, _ *access.Call, in *iam.PutUserPermissionsBoundaryInput) (*iam.PutUserPermissionsBoundaryOutput, error) {
	return nil, s.putBoundary(ctx, user, in.UserName, in.PermissionsBoundary)
}

// DeleteUserPermissionsBoundary removes the boundary of a user.
func (s *Service) DeleteUserPermissionsBoundary(ctx context.Context, _ *access.Call, in *iam.DeleteUserPermissionsBoundaryInput) (*iam.DeleteUserPermissionsBoundaryOutput, error) {
	return nil, s.deleteBoundary(ctx, user, in.UserName)
}

// PutRolePermissionsBoundary sets the policy that bounds what a role can be allowed.
func (s *Service) PutRolePermissionsBoundary(ctx context.Context, _ *access.Call, in *iam.PutRolePermissionsBoundaryInput) (*iam.PutRolePermissionsBoundaryOutput, error) {
	return nil, s.putBoundary(ctx, role, in.RoleName, in.PermissionsBoundary)
}

// DeleteRolePermissionsBoundary removes the boundary of a role.
func (s *Service) DeleteRolePermissionsBoundary(ctx context.Context, _ *access.Call, in *iam.DeleteRolePermissionsBoundaryInput) (*iam.DeleteRolePermissionsBoundaryOutput, error) {
	return nil, s.deleteBoundary(ctx, role, in.RoleName)
}
