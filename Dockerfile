# Two images: --target silo and --target gateway. --build-arg TORCH_BACKEND=cuda builds silos for NVIDIA GPUs; gateways have no use for it.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
ARG TORCH_BACKEND=cpu
WORKDIR /source
COPY . .
RUN dotnet publish silo -c Release -o /silo -p:TorchBackend=$TORCH_BACKEND
RUN dotnet publish gateway -c Release -o /gateway

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS runtime
# Tesseract reads the words in pictures for the expert 'ocr'.
RUN apt-get update && apt-get install -y --no-install-recommends tesseract-ocr tesseract-ocr-eng && rm -rf /var/lib/apt/lists/*
# Diagnostics would write sockets to /tmp. Herd writes into its data folder, and what it unpacks into /tmp.
ENV DOTNET_EnableDiagnostics=0
WORKDIR /app
USER $APP_UID

FROM runtime AS silo
COPY --from=build /silo .
ENTRYPOINT ["/app/Herd.Silo"]

FROM runtime AS gateway
COPY --from=build /gateway .
ENTRYPOINT ["/app/Herd.Gateway"]
