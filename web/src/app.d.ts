declare global {
  namespace App {
    interface Platform {
      req?: { gravitas?: { fetch(request: Request): Promise<Response> } }
    }
  }
}

export {}
