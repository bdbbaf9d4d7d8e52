{{/* Makes certificates for all roles, and puts them into Secrets; the authority stays. Roles read new ones without a restart. Of (dict "root" $ "labels" text). */}}
{{- define "uptimeping.pkiJob" -}}
{{- $root := .root }}
{{- $name := include "uptimeping.fullname" $root }}
backoffLimit: 2
template:
  metadata:
    labels:
      {{- .labels | nindent 6 }}
  spec:
    serviceAccountName: {{ $name }}-pki
    restartPolicy: Never
    securityContext:
      {{- include "uptimeping.podSecurity" 65532 | nindent 6 }}
    {{- with $root.Values.imagePullSecrets }}
    imagePullSecrets:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    initContainers:
      - name: make
        image: {{ include "uptimeping.image" $root }}
        command: [sh, -euc]
        args:
          - |
            {{- $root.Files.Get "stores/pki.sh" | nindent 12 }}
        env:
          - { name: RELEASE, value: {{ $name }} }
          - { name: ROLES, value: {{ $root.Files.Get "roles.yaml" | fromYaml | keys | sortAlpha | join " " | quote }} }
        resources:
          requests: { cpu: 50m, memory: 128Mi }
          limits: { memory: 256Mi }
        securityContext:
          {{- include "uptimeping.containerSecurity" $root | nindent 10 }}
        volumeMounts:
          - { name: work, mountPath: /work }
          - { name: authority, mountPath: /authority, readOnly: true }
    containers:
      - name: store
        image: {{ $root.Values.tls.kubectlImage }}
        args: [apply, --filename=/work/secrets.yaml, --cache-dir=/work/cache]
        resources:
          requests: { cpu: 50m, memory: 64Mi }
          limits: { memory: 128Mi }
        securityContext:
          {{- include "uptimeping.containerSecurity" $root | nindent 10 }}
        volumeMounts:
          - { name: work, mountPath: /work }
    volumes:
      - name: work
        emptyDir: { medium: Memory, sizeLimit: 16Mi }
      - name: authority
        secret:
          secretName: {{ $name }}-pki
          optional: true
{{- end }}
