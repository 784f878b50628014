package awsapi

import (
	"fmt"
	"reflect"
)

// compile binds the shapes of every operation of s, once.
func compile(s *Service) (*service, error) {
	compiled := &service{Service: s, operations: make(map[string]*operation, len(s.Operations))}
	if s.Name == "" || s.Protocol.compile == nil {
		return nil, fmt.Errorf("service %q has no name or no protocol", s.Name)
	}
	for _, registered := range s.Operations {
		op := &operation{Operation: registered, service: compiled}
		if registered.name == "" || registered.do == nil {
			return nil, fmt.Errorf("%s: an operation that Op did not make", s.Name)
		}
		if compiled.operations[registered.name] != nil {
			return nil, fmt.Errorf("%s: two operations %s", s.Name, registered.name)
		}
		if registered.in.Kind() != reflect.Struct || registered.out.Kind() != reflect.Struct {
			return nil, fmt.Errorf("%s: %s takes and returns structs, not %s and %s", s.Name, registered.name, registered.in, registered.out)
		}
		for _, name := range registered.required {
			f, ok := registered.in.FieldByName(name)
			if !ok {
				return nil, fmt.Errorf("%s: %s requires %s, which its input does not have", s.Name, registered.name, name)
			}
			switch f.Type.Kind() {
			case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface, reflect.String:
			default:
				return nil, fmt.Errorf("%s: %s requires %s, but a %s cannot be absent", s.Name, registered.name, name, f.Type)
			}
			op.needs = append(op.needs, need{f.Index[0], lowerFirst(name)})
		}
		compiled.operations[registered.name] = op
	}
	var err error
	if compiled.protocol, err = s.Protocol.compile(compiled); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	return compiled, nil
}
