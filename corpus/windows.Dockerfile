# escape=`
# No POSIX shell, so nothing is read into its steps.
FROM mcr.microsoft.com/windows/servercore:ltsc2022
RUN mkdir C:\app
RUN pip install flask
WORKDIR C:\app
