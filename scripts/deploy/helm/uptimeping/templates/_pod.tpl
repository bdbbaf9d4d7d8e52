{{/*
The pod of a role, of (dict "root" $ "role" "core" "component" "core" "facts" … "own" … "args" list). `own` is what the values say of it.
At another location it only probes: no store and no key is given to it.
*/}}
{{- define "uptimeping.pod" -}}
{{- $root := .root }}
{{- $isAway := ne .role .component }}
{{- $name := include "uptimeping.fullname" $root }}
metadata:
  labels:
    {{- include "uptimeping.labels" . | nindent 4 }}
  annotations:
    checksum/settings: {{ include (print $root.Template.BasePath "/settings.yaml") $root | sha256sum }}
    {{- with $root.Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ $name }}
  automountServiceAccountToken: false
  # Their variables begin with the release's name, and would look like settings.
  enableServiceLinks: false
  terminationGracePeriodSeconds: 30
  securityContext:
    {{- include "uptimeping.podSecurity" 65532 | nindent 4 }}
    {{- if .facts.world }}
    sysctls:
      - name: net.ipv4.ping_group_range
        value: "0 2147483647"
    {{- end }}
  {{- with $root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .own.nodeSelector | default $root.Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .own.tolerations | default $root.Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .own.affinity | default $root.Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $root.Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "uptimeping.selector" . | nindent 10 }}
  containers:
    - name: uptimeping
      image: {{ include "uptimeping.image" $root }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      args:
        {{- toYaml .args | nindent 8 }}
      env:
        {{- include "uptimeping.env" . | nindent 8 }}
      ports:
        - { name: health, containerPort: 8081 }
        {{- if eq .role "gateway" }}
        - { name: http, containerPort: 8080 }
        {{- else if not $isAway }}
        - { name: grpc, containerPort: {{ .facts.port }} }
        {{- end }}
      startupProbe:
        httpGet: { path: /startupz, port: health }
        periodSeconds: 2
        failureThreshold: 90
      livenessProbe:
        httpGet: { path: /healthz, port: health }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: health }
        periodSeconds: 5
        timeoutSeconds: 3
      {{- if eq .role "gateway" }}
      lifecycle:
        preStop:
          # Requests still come until every proxy has heard that this one goes.
          exec: { command: [sleep, "5"] }
      {{- end }}
      resources:
        {{- toYaml .own.resources | nindent 8 }}
      securityContext:
        {{- include "uptimeping.containerSecurity" $root | nindent 8 }}
      volumeMounts:
        - { name: settings, mountPath: /etc/uptimeping/settings, readOnly: true }
        - { name: data, mountPath: /data }
        - { name: tmp, mountPath: /tmp }
        {{- if and .facts.vault (not $isAway) }}
        - { name: keys, mountPath: /etc/uptimeping/keys, readOnly: true }
        {{- end }}
        {{- if $root.Values.tls.enabled }}
        - { name: tls, mountPath: /etc/uptimeping/tls, readOnly: true }
        {{- end }}
  volumes:
    - name: settings
      configMap:
        name: {{ $name }}
    - name: data
      emptyDir: { sizeLimit: 1Gi }
    - name: tmp
      emptyDir: { sizeLimit: 256Mi }
    {{- if and .facts.vault (not $isAway) }}
    - name: keys
      secret:
        secretName: {{ include "uptimeping.secretName" $root }}
        defaultMode: 0440
        items:
          - { key: master-key, path: master-key }
    {{- end }}
    {{- if $root.Values.tls.enabled }}
    - name: tls
      secret:
        secretName: {{ $name }}-tls-{{ .role }}
        defaultMode: 0440
    {{- end }}
{{- end }}

{{- define "uptimeping.env" -}}
{{- $root := .root }}
{{- $secret := include "uptimeping.secretName" $root }}
{{- $isAway := ne .role .component }}
- name: UPTIMEPING_CONFIG
  value: /etc/uptimeping/settings/settings.yaml
# A container that is started again keeps its pod's name, and so takes its own leases over at once.
- name: UPTIMEPING_INSTANCE_ID
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: UPTIMEPING_PEER_TOKEN
  valueFrom: { secretKeyRef: { name: {{ $secret }}, key: peer-token } }
{{- if not $isAway }}
{{- if has "database" .facts.stores }}
- name: UPTIMEPING_DATABASE_URL
  valueFrom: { secretKeyRef: { name: {{ $secret }}, key: database-url } }
{{- end }}
{{- if and (has "queue" .facts.stores) (ne $root.Values.queue.kind "postgres") }}
- name: UPTIMEPING_QUEUE_URL
  valueFrom: { secretKeyRef: { name: {{ $secret }}, key: queue-url } }
{{- end }}
{{- if and (has "redis" .facts.stores) $root.Values.redis.enabled }}
- name: UPTIMEPING_REDIS_URL
  valueFrom: { secretKeyRef: { name: {{ $secret }}, key: redis-url } }
{{- end }}
{{- if .facts.vault }}
- name: UPTIMEPING_MASTER_KEY_FILE
  value: /etc/uptimeping/keys/master-key
{{- end }}
{{- if and (eq .role "auth") $root.Values.admin.email }}
- name: UPTIMEPING_ADMIN_EMAIL
  value: {{ $root.Values.admin.email | quote }}
- name: UPTIMEPING_ADMIN_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ required "admin.existingSecret: a Secret with the key admin-password is needed with admin.email" $root.Values.admin.existingSecret }}, key: admin-password } }
{{- end }}
{{- end }}
{{- end }}
