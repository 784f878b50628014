package kms

import (
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/sallyport/sallyport/internal/awsapi"
)

func (s *Service) page(operation, scope string, marker *string, limit *int32, most, usual int) (awsapi.Page, error) {
	n := usual
	if limit != nil {
		n = int(*limit)
	}
	if n < 1 || n > most {
		return awsapi.Page{}, invalid("Limit must be from 1 to %d", most)
	}
	page, ok := s.pages.Page(operation, scope, marker, n)
	if !ok || marker != nil && *marker == "" {
		text := textBadMarker
		return awsapi.Page{}, &types.InvalidMarkerException{Message: &text}
	}
	return page, nil
}
