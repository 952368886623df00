# The words behind `xargs` and `conda run` are no command of the step.
FROM continuumio/miniconda3
COPY requirements.txt .
RUN xargs -n 1 pip install < requirements.txt
RUN conda run -n base pip install flask
