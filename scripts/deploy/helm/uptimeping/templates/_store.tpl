{{/*
A store with one replica, of (dict "root" $ "component" "redis" "own" .Values.redis "user" 999 "port" 6379 "mount" "/data" "files" (dict "redis.conf" "/etc/redis/redis.conf") "container" text).
`files` are keys of the Secret and where they are mounted, `runDir` one more folder that is written, `sharedMemory` how much; `container` is the rest of the container: args, env, probes.
*/}}
{{- define "uptimeping.store" -}}
{{- $name := include "uptimeping.fullname" .root }}
apiVersion: v1
kind: Service
metadata:
  {{- include "uptimeping.metadata" . | nindent 2 }}
spec:
  clusterIP: None
  selector:
    {{- include "uptimeping.selector" . | nindent 4 }}
  ports:
    - { name: {{ .component }}, port: {{ .port }}, targetPort: {{ .component }} }
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "uptimeping.metadata" . | nindent 2 }}
spec:
  serviceName: {{ $name }}-{{ .component }}
  replicas: 1
  selector:
    matchLabels:
      {{- include "uptimeping.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "uptimeping.labels" . | nindent 8 }}
    spec:
      serviceAccountName: {{ $name }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 60
      securityContext:
        {{- include "uptimeping.podSecurity" .user | nindent 8 }}
      {{- with .root.Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .root.Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .root.Values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .component }}
          image: {{ .own.image }}
          ports:
            - { name: {{ .component }}, containerPort: {{ .port }} }
          {{- .container | nindent 10 }}
          resources:
            {{- toYaml .own.resources | nindent 12 }}
          securityContext:
            {{- include "uptimeping.containerSecurity" .root | nindent 12 }}
          volumeMounts:
            - { name: data, mountPath: {{ .mount }} }
            - { name: tmp, mountPath: /tmp }
            {{- with .runDir }}
            - { name: run, mountPath: {{ . }} }
            {{- end }}
            {{- if .sharedMemory }}
            - { name: shared-memory, mountPath: /dev/shm }
            {{- end }}
            {{- range $key, $path := .files }}
            - { name: files, mountPath: {{ $path }}, subPath: {{ $key }}, readOnly: true }
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: {}
        {{- if .runDir }}
        - name: run
          emptyDir: {}
        {{- end }}
        {{- with .sharedMemory }}
        - name: shared-memory
          emptyDir: { medium: Memory, sizeLimit: {{ . }} }
        {{- end }}
        {{- if .files }}
        - name: files
          secret:
            secretName: {{ include "uptimeping.secretName" .root }}
            defaultMode: 0440
            items:
              {{- range $key, $path := .files }}
              - { key: {{ $key }}, path: {{ $key }} }
              {{- end }}
        {{- end }}
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .own.storageClassName }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests:
            storage: {{ .own.storage }}
{{- end }}
