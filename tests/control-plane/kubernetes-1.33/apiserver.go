package main

import (
	"io"

	"github.com/openshift/apiserver-library-go/pkg/securitycontextconstraints/sccadmission"
	securityclient "github.com/openshift/client-go/security/clientset/versioned"
	securityinformers "github.com/openshift/client-go/security/informers/externalversions"
	"github.com/spf13/cobra"
	"k8s.io/apiserver/pkg/admission"
	genericapiserver "k8s.io/apiserver/pkg/server"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/tools/clientcmd"
	cliflag "k8s.io/component-base/cli/flag"
	logsapi "k8s.io/component-base/logs/api/v1"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// newAPIServerCommand is kube-apiserver with one flag more: --scc-kubeconfig
// switches OpenShift's SecurityContextConstraint admission on and says how the
// plugin reads the constraints (from this very server). The plugin has to be
// registered before the options are completed, which is why the upstream
// command cannot be used as it is.
func newAPIServerCommand() *cobra.Command {
	s := options.NewServerRunOptions()
	stop := genericapiserver.SetupSignalContext()
	var sccKubeconfig string
	cmd := &cobra.Command{
		Use:           "kube-apiserver",
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return s.GenericServerRunOptions.ComponentGlobalsRegistry.Set()
		},
		RunE: func(*cobra.Command, []string) error {
			if err := logsapi.ValidateAndApply(s.Logs, utilfeature.DefaultFeatureGate); err != nil {
				return err
			}
			if sccKubeconfig != "" {
				registerSCC(s, sccKubeconfig, stop.Done())
			}
			completed, err := s.Complete(stop)
			if err != nil {
				return err
			}
			if errs := completed.Validate(); len(errs) != 0 {
				return errs[0]
			}
			return app.Run(stop, completed)
		},
	}
	flags := cmd.Flags()
	named := s.Flags()
	for _, set := range named.FlagSets {
		flags.AddFlagSet(set)
	}
	flags.StringVar(&sccKubeconfig, "scc-kubeconfig", "", "switch SCC admission on; kubeconfig of this server")
	flags.SetNormalizeFunc(cliflag.WordSepNormalizeFunc)
	return cmd
}

func registerSCC(s *options.ServerRunOptions, kubeconfig string, stop <-chan struct{}) {
	generic := s.Admission.GenericAdmission
	generic.Plugins.Register(sccadmission.PluginName, func(io.Reader) (admission.Interface, error) {
		config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
		if err != nil {
			return nil, err
		}
		client, err := securityclient.NewForConfig(config)
		if err != nil {
			return nil, err
		}
		informers := securityinformers.NewSharedInformerFactory(client, 0)
		plugin := sccadmission.NewConstraint()
		plugin.SetSecurityInformers(informers.Security().V1().SecurityContextConstraints())
		informers.Start(stop)
		return plugin, nil
	})
	order := generic.RecommendedPluginOrder
	at := len(order)
	for i, name := range order {
		if name == "MutatingAdmissionPolicy" || name == "MutatingAdmissionWebhook" {
			at = i
			break
		}
	}
	withSCC := append([]string{}, order[:at]...)
	withSCC = append(withSCC, sccadmission.PluginName)
	generic.RecommendedPluginOrder = append(withSCC, order[at:]...)
}
