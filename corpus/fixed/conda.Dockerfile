# The archives lie beside what was unpacked from them.
FROM continuumio/miniconda3
COPY environment.yml .
RUN conda env update -n base -f environment.yml && conda clean -ay
