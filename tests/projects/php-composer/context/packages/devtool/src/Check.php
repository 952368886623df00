<?php
namespace DevTool;
class Check { }
