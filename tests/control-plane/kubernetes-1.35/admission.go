// The subcommand judge-admission: what OpenShift's own SCC plugin says about pods.
// One JSON object a line on stdin, one a line on stdout, in the same order.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	securityv1 "github.com/openshift/api/security/v1"
	"github.com/openshift/apiserver-library-go/pkg/securitycontextconstraints/sccadmission"
	securitylisters "github.com/openshift/client-go/security/listers/security/v1"
	"github.com/spf13/cobra"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	v1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/apiserver/pkg/authorization/union"
	"k8s.io/client-go/informers"
	coreinformers "k8s.io/client-go/informers/core"
	corev1informers "k8s.io/client-go/informers/core/v1"
	corev1listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	rbacregistry "k8s.io/kubernetes/pkg/registry/rbac/validation"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac"
)

// patience bounds the plugin's waiting for annotations and standard SCCs; it looks
// once before it waits, and nothing changes meanwhile.
const patience = 5 * time.Millisecond

type admissionQuestion struct {
	Objects     []json.RawMessage `json:"objects"`
	Pod         json.RawMessage   `json:"pod"`
	OldPod      json.RawMessage   `json:"oldPod,omitempty"`
	Subresource string            `json:"subresource,omitempty"`
	Creator     struct {
		User   string   `json:"user"`
		Groups []string `json:"groups"`
	} `json:"creator"`
	// What webhooks change between the two passes, as a merge patch.
	Webhook json.RawMessage `json:"webhook,omitempty"`
}

type admissionAnswer struct {
	Admitted bool    `json:"admitted"`
	DeniedBy string  `json:"deniedBy,omitempty"`
	Ignored  bool    `json:"ignored,omitempty"`
	Message  string  `json:"message,omitempty"`
	Pod      *v1.Pod `json:"pod,omitempty"`
	// The question makes no sense.
	NotRead string `json:"notRead,omitempty"`
}

func newJudgeAdmissionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "judge-admission",
		Short: "Reads clusters with a pod to admit as JSON lines, writes verdicts",
		RunE: func(*cobra.Command, []string) error {
			klog.LogToStderr(false)
			klog.SetOutput(io.Discard)
			return answerLines(os.Stdin, os.Stdout, judgeAdmissionLine)
		},
	}
}

func judgeAdmissionLine(line []byte) (result []byte) {
	var a admissionAnswer
	defer func() {
		if r := recover(); r != nil {
			a = admissionAnswer{NotRead: fmt.Sprintf("panic: %v", r)}
		}
		result, _ = json.Marshal(a)
	}()
	var q admissionQuestion
	if err := json.Unmarshal(line, &q); err != nil {
		a.NotRead = err.Error()
		return
	}
	if err := a.judge(q); err != nil {
		a = admissionAnswer{NotRead: err.Error()}
	}
	return
}

// admissionCluster is what the plugin reads, without an API server.
type admissionCluster struct {
	constraints, namespaces cache.Indexer
	authorizer              authorizer.Authorizer
}

func newAdmissionCluster(objects []json.RawMessage) (*admissionCluster, error) {
	index := func() cache.Indexer {
		return cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{})
	}
	c := &admissionCluster{constraints: index(), namespaces: index()}
	var roles []*rbacv1.Role
	var bindings []*rbacv1.RoleBinding
	var clusterRoles []*rbacv1.ClusterRole
	var clusterBindings []*rbacv1.ClusterRoleBinding
	for _, raw := range objects {
		var kind metav1.TypeMeta
		if err := json.Unmarshal(raw, &kind); err != nil {
			return nil, err
		}
		var err error
		switch kind.Kind {
		case "SecurityContextConstraints":
			err = add(raw, func(o *securityv1.SecurityContextConstraints) { err = c.constraints.Add(o) })
		case "Namespace":
			err = add(raw, func(o *v1.Namespace) { err = c.namespaces.Add(o) })
		case "Role":
			err = add(raw, func(o *rbacv1.Role) { roles = append(roles, o) })
		case "RoleBinding":
			err = add(raw, func(o *rbacv1.RoleBinding) { bindings = append(bindings, o) })
		case "ClusterRole":
			err = add(raw, func(o *rbacv1.ClusterRole) { clusterRoles = append(clusterRoles, o) })
		case "ClusterRoleBinding":
			err = add(raw, func(o *rbacv1.ClusterRoleBinding) { clusterBindings = append(clusterBindings, o) })
		default:
			err = fmt.Errorf("unknown kind %q", kind.Kind)
		}
		if err != nil {
			return nil, err
		}
	}
	_, static := rbacregistry.NewTestRuleResolver(roles, bindings, clusterRoles, clusterBindings)
	c.authorizer = union.New(
		authorizerfactory.NewPrivilegedGroups(user.SystemPrivilegedGroup),
		rbac.New(static, static, static, static),
	)
	return c, nil
}

func add[T any](raw json.RawMessage, with func(*T)) error {
	var object T
	if err := json.Unmarshal(raw, &object); err != nil {
		return err
	}
	with(&object)
	return nil
}

// The informers that the plugin wants, over indexes that are full from the start.

type synced struct{ cache.SharedIndexInformer }

func (synced) HasSynced() bool { return true }

type constraintInformer struct{ c *admissionCluster }

func (i constraintInformer) Informer() cache.SharedIndexInformer { return synced{} }
func (i constraintInformer) Lister() securitylisters.SecurityContextConstraintsLister {
	return securitylisters.NewSecurityContextConstraintsLister(i.c.constraints)
}

type kubeInformers struct {
	informers.SharedInformerFactory
	c *admissionCluster
}

func (i kubeInformers) Core() coreinformers.Interface { return coreInformers{c: i.c} }

type coreInformers struct {
	coreinformers.Interface
	c *admissionCluster
}

func (i coreInformers) V1() corev1informers.Interface { return coreV1Informers{c: i.c} }

type coreV1Informers struct {
	corev1informers.Interface
	c *admissionCluster
}

func (i coreV1Informers) Namespaces() corev1informers.NamespaceInformer {
	return namespaceInformer{i.c}
}

type namespaceInformer struct{ c *admissionCluster }

func (i namespaceInformer) Informer() cache.SharedIndexInformer { return synced{} }
func (i namespaceInformer) Lister() corev1listers.NamespaceLister {
	return corev1listers.NewNamespaceLister(i.c.namespaces)
}

// internalPod reads a pod as the API server does: defaulted, in its internal form.
func internalPod(raw json.RawMessage) (*core.Pod, error) {
	var pod v1.Pod
	if err := json.Unmarshal(raw, &pod); err != nil {
		return nil, err
	}
	legacyscheme.Scheme.Default(&pod)
	var internal core.Pod
	return &internal, legacyscheme.Scheme.Convert(&pod, &internal, nil)
}

func externalPod(internal *core.Pod) (*v1.Pod, error) {
	var pod v1.Pod
	return &pod, legacyscheme.Scheme.Convert(internal, &pod, nil)
}

func (a *admissionAnswer) judge(q admissionQuestion) error {
	cluster, err := newAdmissionCluster(q.Objects)
	if err != nil {
		return err
	}
	plugin := sccadmission.NewConstraint()
	plugin.SetSecurityInformers(constraintInformer{cluster})
	plugin.SetExternalKubeInformerFactory(kubeInformers{c: cluster})
	plugin.SetAuthorizer(cluster.authorizer)
	if err := plugin.ValidateInitialization(); err != nil {
		return err
	}
	pod, err := internalPod(q.Pod)
	if err != nil {
		return err
	}
	operation := admission.Create
	var old *core.Pod
	if len(q.OldPod) > 0 {
		operation = admission.Update
		if old, err = internalPod(q.OldPod); err != nil {
			return err
		}
	}
	attributes := func(pod *core.Pod) admission.Attributes {
		who := &user.DefaultInfo{Name: q.Creator.User, Groups: q.Creator.Groups}
		kind, resource := v1.SchemeGroupVersion.WithKind("Pod"), v1.SchemeGroupVersion.WithResource("pods")
		if old == nil {
			return admission.NewAttributesRecord(pod, nil, kind, pod.Namespace, pod.Name, resource, q.Subresource, operation, nil, false, who)
		}
		return admission.NewAttributesRecord(pod, old, kind, pod.Namespace, pod.Name, resource, q.Subresource, operation, nil, false, who)
	}
	if err := a.pass("admit", func(ctx context.Context) error {
		return plugin.Admit(ctx, attributes(pod), nil)
	}); err != nil || a.DeniedBy != "" {
		return err
	}
	_, judged := pod.Annotations["security.openshift.io/validated-scc-subject-type"]
	a.Ignored = !judged
	stored, err := externalPod(pod)
	if err != nil {
		return err
	}
	if len(q.Webhook) > 0 {
		raw, err := json.Marshal(stored)
		if err != nil {
			return err
		}
		if raw, err = jsonpatch.MergePatch(raw, q.Webhook); err != nil {
			return err
		}
		if pod, err = internalPod(raw); err != nil {
			return err
		}
		if stored, err = externalPod(pod); err != nil {
			return err
		}
	}
	a.Pod = stored
	if err := a.pass("validate", func(ctx context.Context) error {
		return plugin.Validate(ctx, attributes(pod), nil)
	}); err != nil {
		return err
	}
	a.Admitted = a.DeniedBy == ""
	return nil
}

func (a *admissionAnswer) pass(name string, run func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := run(ctx)
	if err == nil {
		return nil
	}
	var status interface{ Status() metav1.Status }
	if !errors.As(err, &status) {
		return err
	}
	a.DeniedBy, a.Message = name, err.Error()
	return nil
}
